/** What the SDK takes from the page, so that tests can stand in for it. */
export interface Runtime {
  /** Milliseconds of the page's clock, on which frames are told too. */
  now(): number;
  /** Wall clock, milliseconds since the epoch. */
  wall(): number;
  /** Calls `task` every `ms` until the returned function is called. */
  every(ms: number, task: () => void): () => void;
  /** 0 ≤ x < 1. */
  random(): number;
  /** Status of the answer, and how many lines of the body it rejects; throws where there is none. */
  post(url: string, body: string): Promise<{ status: number; rejected: number }>;
  /** False where the browser does not take it. */
  beacon(url: string, body: string): boolean;
}

export const page: Runtime = {
  now: () => performance.now(),
  wall: () => Date.now(),
  every(ms, task) {
    const timer = setInterval(task, ms);
    return () => clearInterval(timer);
  },
  random: () => Math.random(),
  // Plain text needs no preflight, neither here nor in a beacon.
  async post(url, body) {
    const headers = { 'content-type': 'text/plain' };
    const answer = await fetch(url, { method: 'POST', body, headers, credentials: 'omit' });
    const told = answer.ok ? ((await answer.json()) as { rejected?: unknown[] }) : {};
    return { status: answer.status, rejected: told.rejected?.length ?? 0 };
  },
  beacon: (url, body) => navigator.sendBeacon(url, new Blob([body], { type: 'text/plain' })),
};
