/**
 * What a sender keeps while its server is away: in order, bounded, the oldest leave first, and what is just being
 * sent stays until it is settled. Both agents stand on it; how a batch is sent, and how long it is waited for, is theirs.
 */
import type { ClientFailure } from './client.ts';

const FIRST_WAIT_MS = 1_000;
const WAIT_MOST_MS = 60_000;

export interface BacklogParts<T> {
  /** Sum of weights that is kept. */
  most: number;
  weigh: (item: T) => number;
  /** Called for each item that newer ones push out. */
  onDrop: (item: T) => void;
}

export class Backlog<T> {
  private readonly parts: BacklogParts<T>;
  private readonly waiting: T[] = [];
  private kept = 0;
  private inFlight = 0;

  constructor(parts: BacklogParts<T>) {
    this.parts = parts;
  }

  get size(): number {
    return this.waiting.length;
  }

  put(item: T): void {
    this.waiting.push(item);
    this.kept += this.parts.weigh(item);
    // The newest always has a place: a limit below one item would lose everything.
    while (this.kept > this.parts.most && this.waiting.length > this.inFlight + 1) this.drop();
  }

  /** The oldest, which now cannot be pushed out; `settle` or `release` ends that. */
  take(most: number): T[] {
    this.inFlight = Math.min(this.waiting.length, most);
    return this.waiting.slice(0, this.inFlight);
  }

  /** What was taken has been answered, one way or the other. */
  settle(): void {
    for (const item of this.waiting.splice(0, this.inFlight)) this.kept -= this.parts.weigh(item);
    this.inFlight = 0;
  }

  /** What was taken has to be sent again. */
  release(): void {
    this.inFlight = 0;
  }

  dropAll(): void {
    while (this.waiting.length > this.inFlight) this.drop();
  }

  private drop(): void {
    const [item] = this.waiting.splice(this.inFlight, 1) as [T];
    this.kept -= this.parts.weigh(item);
    this.parts.onDrop(item);
  }
}

/** Milliseconds before the next try after so many failures in a row; `spread`, 0 to 1, parts the retries of many agents. */
export function patienceOf(failures: number, spread: number): number {
  return Math.min(WAIT_MOST_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + spread / 2);
}

/** What no patience changes: the batch itself is wrong. A key that is refused may be mended while we wait. */
export const isFinal = ({ kind }: ClientFailure): boolean => kind === 'refused' || kind === 'too_large';
