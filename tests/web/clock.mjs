// Loaded before a program's own code (`--import`), its clock runs PEGBAR_TEST_CLOCK_MS ahead of the machine's. All tests
// at another hour, here as of three hours later:
//
//   PEGBAR_TEST_CLOCK_MS=10800000 NODE_OPTIONS="--import $PWD/tests/web/clock.mjs" npx vitest run tests/web

/** How far ahead this process is of the machine; negative where behind. */
export const CLOCK_MS = Number(process.env.PEGBAR_TEST_CLOCK_MS ?? 0);

/**
 * Text of it runs in pages too.
 * @param {number} ahead_ms
 */
export function shiftClock(ahead_ms) {
  const Real = globalThis.Date;
  globalThis.Date = class extends Real {
    /** @param {any[]} told */
    constructor(...told) {
      // @ts-expect-error: as many arguments as Date takes
      super(...(told.length === 0 ? [Real.now() + ahead_ms] : told));
    }
    static now() {
      return Real.now() + ahead_ms;
    }
  };
}

// Vitest loads it once more, as a module of its own.
const SHIFTED = Symbol.for('pegbar.test.clock');
if (CLOCK_MS !== 0 && !(SHIFTED in globalThis)) {
  Object.assign(globalThis, { [SHIFTED]: true });
  shiftClock(CLOCK_MS);
}
