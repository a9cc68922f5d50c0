/**
 * Chooses, while the records stream by, the pictures that somebody will look at: the newest ones, the pairs of
 * evaluations, and a few of each collection and day, so that a drift of style can be seen day by day.
 */
import { createHash } from 'node:crypto';
import { EVALUATION_SOURCE } from './evaluation.ts';
import { type PictureSpec, parsePictureUri } from './picture-spec.ts';
import type { ArtifactRecord, SimulatedRecord } from './records.ts';
import { DAY_MS } from './timeline.ts';

export interface AlbumPicture {
  tenant: string;
  timestamp: number;
  uri: string;
  request_id: string;
  consent: { state: string; at: number };
  license: string;
}

export interface Album {
  see(record: SimulatedRecord): void;
  /** What to render, each picture once: pairs first, then the newest, the flagged, the days, latest first. */
  pictures(): AlbumPicture[];
}

export interface AlbumLimits {
  /** Newest pictures; 600 when left out, about half a minute of one core at 320 pixels. */
  newest?: number;
  /** Pictures of evaluations; 256 when left out, twice 64 pairs and their retries. */
  evaluation?: number;
  /** Newest pictures that were flagged, for whoever reviews them; 48 when left out. */
  flagged?: number;
  /** Per tenant, collection and day; 3 when left out: what the centroid of a collection is made from. */
  daily?: number;
}

export function createAlbum(limits: AlbumLimits = {}): Album {
  const { newest = 600, evaluation = 256, flagged = 48, daily = 3 } = limits;
  const ring: AlbumPicture[] = [];
  const pairs: AlbumPicture[] = [];
  const review: AlbumPicture[] = [];
  const days: AlbumPicture[] = [];
  const perDay = new Map<string, number>();
  let seen = 0;
  let reviewed = 0;
  return {
    see(record) {
      if (record.type !== 'stage' || record.artifacts === undefined) return;
      const { tenant, timestamp, request_id, artifacts, consent, license } = record;
      if (consent === undefined || license === undefined) return;
      const picture = { tenant, timestamp, uri: artifacts.image_uri, request_id, consent, license };
      if (record.traffic_source === EVALUATION_SOURCE) {
        if (pairs.length < evaluation) pairs.push(picture);
        return;
      }
      if (record.quality?.nsfw_flag && flagged > 0) review[reviewed++ % flagged] = picture;
      const day = `${tenant} ${record.collection} ${Math.floor(timestamp / DAY_MS)}`;
      const count = perDay.get(day) ?? 0;
      if (count < daily) {
        perDay.set(day, count + 1);
        days.push(picture);
      }
      if (newest > 0) ring[seen++ % newest] = picture;
    },
    pictures() {
      const latest = (a: AlbumPicture, b: AlbumPicture): number => b.timestamp - a.timestamp;
      const all = [...pairs, ...ring.toSorted(latest), ...review.toSorted(latest), ...days.toSorted(latest)];
      return [...new Map(all.map((picture) => [picture.uri, picture])).values()];
    },
  };
}

/** The artifact record of a rendered picture. */
export function artifactOf(picture: AlbumPicture, spec: PictureSpec, webp: Uint8Array): ArtifactRecord {
  return {
    type: 'artifact',
    event_id: `${spec.image_id}.artifact`,
    timestamp: picture.timestamp,
    tenant: picture.tenant,
    image_id: spec.image_id,
    uri: picture.uri,
    kind: 'image',
    width: spec.width,
    height: spec.height,
    bytes: webp.byteLength,
    sha256: createHash('sha256').update(webp).digest('hex'),
    request_id: picture.request_id,
    collection: spec.collection,
    consent: picture.consent,
    license: picture.license,
  };
}

/** The spec behind an album's picture; its URIs are the simulation's own, so that there always is one. */
export function specOf(picture: AlbumPicture): PictureSpec {
  const spec = parsePictureUri(picture.uri);
  if (!spec) throw new Error(`not a picture of the simulation: ${picture.uri}`);
  return spec;
}
