// Loaded before a server's own code (`--import`): its clock runs PEGBAR_TEST_CLOCK_MS ahead of the machine's, or behind.
const shift_ms = Number(process.env.PEGBAR_TEST_CLOCK_MS ?? 0);
const Real = Date;
const now = () => Real.now() + shift_ms;
globalThis.Date = class extends Real {
  constructor(...told) {
    super(...(told.length === 0 ? [now()] : told));
  }
  static now() {
    return now();
  }
};
