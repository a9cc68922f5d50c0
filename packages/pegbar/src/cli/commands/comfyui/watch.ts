/** Looks at a ComfyUI again and again: its queue, what left it, and what came and went between two looks. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import {
  type LookedAt,
  Observer,
  type Run,
  readFacts,
  type Tags,
  tellFinished,
} from '../../../importers/index.ts';
import type { Delivery } from './delivery.ts';
import type { Reading } from './reading.ts';

/** Entries of the history asked for at once; doubled until a known one is among them. */
const RECENT_LEAST = 16;
const RECENT_MOST = 1_024;
const PICTURES_MOST = 500;

export interface WatchParts {
  reading: Reading;
  clock: Clock;
  tags: Tags;
  delivery: Delivery;
  told: readonly string[];
  /** Reads pictures through /view for digest and size. */
  withPictures: boolean;
  say: (text: string) => void;
}

export class Watch {
  readonly observer: Observer;
  private readonly parts: WatchParts;
  private isAway = false;

  constructor(parts: WatchParts) {
    this.parts = parts;
    this.observer = new Observer({ tags: parts.tags, told: parts.told });
  }

  /**
   * One look. False where ComfyUI does not answer. The history is asked for prompts that were never seen in the
   * queue only where something may have come and gone: its answer holds whole graphs.
   */
  async look(mayHaveMissed = true): Promise<boolean> {
    const { reading, clock, delivery } = this.parts;
    const queue = await reading.text('/queue');
    if (!queue.ok) return this.away(queue.error);
    const { told, missing } = this.observer.queue(queue.value, clock.now());
    delivery.put(told);
    const gone: string[] = [];
    for (const promptId of missing) {
      const entry = await reading.text(`/history/${encodeURIComponent(promptId)}`);
      if (!entry.ok) return this.away(entry.error);
      const found = this.observer.history(entry.value, clock.now());
      if (found.finished.length === 0) gone.push(promptId);
      for (const run of found.finished) await this.finish(run);
    }
    const lost = this.observer.vanished(gone, clock.now());
    delivery.put(lost);
    for (const run of lost.finished) await this.finish(run);
    if (mayHaveMissed && !(await this.catchUp())) return false;
    this.observer.settle();
    if (this.isAway) this.parts.say('ComfyUI answers again');
    this.isAway = false;
    return true;
  }

  /** Prompts that were never seen in the queue. */
  private async catchUp(): Promise<boolean> {
    const { reading, clock } = this.parts;
    for (let most = RECENT_LEAST; ; most *= 2) {
      const recent = await reading.text(`/history?max_items=${most}`);
      if (!recent.ok) return this.away(recent.error);
      const before = this.observer.knownIn(recent.value);
      const { finished } = this.observer.history(recent.value, clock.now());
      for (const run of finished) await this.finish(run);
      if (before.known > 0 || before.all < most || most >= RECENT_MOST) return true;
    }
  }

  private async finish(run: Run): Promise<void> {
    const pictures: LookedAt[] = [];
    for (const [index, picture] of run.pictures.slice(0, PICTURES_MOST).entries()) {
      const facts = this.parts.withPictures ? await this.lookAt(picture) : {};
      pictures.push({ picture, index, ...facts });
    }
    this.parts.delivery.put({ ...tellFinished(run, this.parts.tags, pictures), promptId: run.prompt_id });
  }

  private async lookAt(picture: LookedAt['picture']): Promise<Omit<LookedAt, 'picture' | 'index'>> {
    const { filename, subfolder, type } = picture;
    const read = await this.parts.reading.picture(
      `/view?${new URLSearchParams({ filename, subfolder, type })}`,
    );
    if (!read.ok) return {};
    const facts = readFacts(read.value);
    return {
      // The identity that the picture has on import, and from the node inside ComfyUI.
      sha256: createHash('sha256').update(read.value).digest('hex'),
      bytes: read.value.length,
      width: facts?.width,
      height: facts?.height,
      frames: facts?.frames,
    };
  }

  private away(why: string): boolean {
    if (!this.isAway) this.parts.say(`ComfyUI does not answer: ${why}`);
    this.isAway = true;
    this.observer.disconnected();
    return false;
  }
}
