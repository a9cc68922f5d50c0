/**
 * Work that many things want at the same moment, each in a task of its own: sixteen charts that are drawn anew do not
 * keep a key or click waiting.
 */
import { after } from './browser.ts';

const queue = new Set<() => void>();
let runs = false;

function run(): void {
  const [first] = queue;
  runs = first !== undefined;
  if (first === undefined) return;
  queue.delete(first);
  after(0, run);
  first();
}

/** Does the work soon, after that of those who came before; the answer takes it back. */
export function inTurn(work: () => void): () => void {
  // Of its own, so that the same function may wait twice.
  const mine = (): void => work();
  queue.add(mine);
  if (!runs) {
    runs = true;
    after(0, run);
  }
  return () => queue.delete(mine);
}
