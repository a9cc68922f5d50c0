/**
 * Whose bytes are asked for: pictures sampled in strata by tenant and model. Of each stratum the first pictures of a
 * day are wanted, so that a rare model is seen at all, then a share, drawn by a keyed hash of the id: asked again, by
 * any sender, the answer is the same, and no sender can choose ids that are drawn. What failed or was flagged is
 * always wanted. Nothing of this refuses bytes that come unasked.
 */
import type { Clock } from '../base/clock.ts';

/** Of each tenant, model and day: what a page of pictures shows. */
export const FIRST_OF_DAY = 24;
/** Strata of today that are remembered; beyond them new ones have a share and no first pictures. */
const STRATA_MOST = 10_000;
const DAY_MS = 86_400_000;
const WORD = 0x1_0000_0000;

export interface Candidate {
  image_id: string;
  /** '' where it is not known, a stratum like any other. */
  model_version: string;
  /** It failed or was flagged. */
  always: boolean;
}

export interface WantedOptions {
  clock: Pick<Clock, 'now'>;
  /** Keyed hash of a text with the tenant's secret, 16 hexadecimal digits. */
  hashOf(tenant: string, text: string): string;
}

/** Answers which of the pictures are wanted, in their order. `share` from 0 to 1. */
export type Wanted = (tenant: string, share: number, pictures: readonly Candidate[]) => string[];

export function createWanted({ clock, hashOf }: WantedOptions): Wanted {
  let day = -1;
  let firsts = new Map<string, Set<string>>();

  /** Whether the picture is among the first of its stratum today, also when it is asked for again. */
  function isFirst(stratum: string, image_id: string): boolean {
    let known = firsts.get(stratum);
    if (!known) {
      if (firsts.size >= STRATA_MOST) return false;
      known = new Set();
      firsts.set(stratum, known);
    }
    if (known.size < FIRST_OF_DAY) known.add(image_id);
    return known.has(image_id);
  }

  return (tenant, share, pictures) => {
    const today = Math.floor(clock.now() / DAY_MS);
    if (today !== day) {
      day = today;
      firsts = new Map();
    }
    return pictures
      .filter(({ image_id, model_version, always }) => {
        if (always) return true;
        // Nothing is asked for where the tenant wants nothing.
        if (share <= 0) return false;
        const stratum = `${tenant}\n${model_version}`;
        if (isFirst(stratum, image_id)) return true;
        const drawn = hashOf(tenant, `artifact sample\n${model_version}\n${image_id}`);
        return Number.parseInt(drawn.slice(0, 8), 16) / WORD < share;
      })
      .map(({ image_id }) => image_id);
  };
}
