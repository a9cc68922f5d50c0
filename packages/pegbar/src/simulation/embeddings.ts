/**
 * Vectors that a studio's own embedder tells of some pictures. Pictures of one collection lie near one another, a
 * drift of style and a washed-out release move them, and a new version of the embedder is another space.
 */
import type { PictureSpec } from './picture-spec.ts';
import { type Random, randomOf } from './random.ts';
import type { EmbeddingRecord } from './records.ts';
import type { Studio } from './studio.ts';

/** How far single pictures lie from the middle of their collection, of vectors of length 1. */
const SPREAD = 0.35;
/** How far full drift and a washed-out palette move them. */
const DRIFT = 0.5;

export interface ReadyEmbedder {
  name: string;
  share: number;
  /** The version in force at a moment, and undefined before the first. */
  versionAt(at_ms: number): string | undefined;
  /** Unit vector of a name in the space of a version. */
  direction(version: string, name: string): Float64Array;
}

export function readyEmbedder(spec: {
  name: string;
  dimensions: number;
  share: number;
  /** Oldest first. */
  versions: readonly { version: string; from_ms: number }[];
}): ReadyEmbedder {
  const known = new Map<string, Float64Array>();
  return {
    name: spec.name,
    share: spec.share,
    versionAt: (at_ms) => spec.versions.findLast(({ from_ms }) => from_ms <= at_ms)?.version,
    direction(version, name) {
      const key = `${version} ${name}`;
      const seen = known.get(key);
      if (seen) return seen;
      const random = randomOf('embedder', spec.name, version, name);
      const vector = Float64Array.from({ length: spec.dimensions }, () => random.normal());
      const length = Math.hypot(...vector);
      const unit = vector.map((value) => value / length);
      known.set(key, unit);
      return unit;
    },
  };
}

/** The record of a picture, or undefined where the studio's embedder does not look at it. */
export function embeddingOf(
  studio: Studio,
  told: { tenant: string; request_id: string; timestamp: number },
  spec: PictureSpec,
  random: Random,
): EmbeddingRecord | undefined {
  const { embedder } = studio;
  const version = embedder?.versionAt(told.timestamp);
  if (!embedder || version === undefined || !random.chance(embedder.share)) return undefined;
  const middle = embedder.direction(version, spec.collection);
  const drift = embedder.direction(version, 'drift');
  const wash = embedder.direction(version, 'wash');
  const scale = SPREAD / Math.sqrt(middle.length);
  const vector = Array.from(middle, (value, i) => {
    const moved = DRIFT * (spec.shift * (drift[i] as number) + spec.wash * (wash[i] as number));
    return Math.round((value + moved + scale * random.normal()) * 10_000) / 10_000;
  });
  return {
    type: 'embedding',
    event_id: `${spec.image_id}.${embedder.name}`,
    timestamp: told.timestamp,
    tenant: told.tenant,
    image_id: spec.image_id,
    request_id: told.request_id,
    embedder: embedder.name,
    embedder_version: version,
    vector,
  };
}
