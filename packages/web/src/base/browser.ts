/** The clock, the timers and the network of the browser, in one place, so that tests can stand in for them. */

/** Epoch milliseconds. */
export const now = (): number => Date.now();

/** Calls once after `ms`; the answer cancels it. */
export function after(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}

/** Calls every `ms`; the answer ends it. */
export function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

export const request = (path: string, init?: RequestInit): Promise<Response> => fetch(path, init);

/** Storage that may be shut (private windows): then nothing is remembered. */
export const memory = {
  get(name: string): string | null {
    try {
      return localStorage.getItem(`pegbar.${name}`);
    } catch {
      return null;
    }
  },
  set(name: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`pegbar.${name}`);
      else localStorage.setItem(`pegbar.${name}`, value);
    } catch {
      // As above.
    }
  },
};
