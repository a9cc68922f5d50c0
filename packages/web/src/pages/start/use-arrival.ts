/** What has come since the page was opened: rows, refusals, the first picture. */
import { useEffect, useRef, useState } from 'react';
import { type ImageRow, useImages, useStatus } from '../../api/index.ts';
import { every, now } from '../../base/browser.ts';
import { refreshNow } from '../../url/index.ts';

export interface Heard {
  readonly at_ms: number;
  readonly text: string;
  readonly status: 'ok' | 'warn' | 'none';
}

export interface Arrival {
  readonly state: 'waiting' | 'arrived' | 'refused';
  /** Rows that were stored since the page was opened. */
  readonly rows: number;
  /** Rows that are stored in all. */
  readonly stored: number;
  /** Lines that were refused since, and why most of them. */
  readonly refused: { readonly count: number; readonly reason: string } | null;
  readonly picture: ImageRow | undefined;
  readonly heard: readonly Heard[];
}

/** As quick as anybody looks from one window to another. */
const ASK_MS = 2_000;
/** Of any age: a folder of 2023 is a first picture too. */
const EVER = { from: 0 } as const;
const HEARD_MOST = 8;
const sum = (counts: Readonly<Record<string, number>> | undefined): number =>
  Object.values(counts ?? {}).reduce((total, count) => total + count, 0);

export function useArrival(listening: string): Arrival {
  const status = useStatus();
  const images = useImages({ limit: 1, more: EVER });
  const [first, setFirst] = useState<{ loaded: number; refused: Readonly<Record<string, number>> } | null>(
    null,
  );
  const [heard, hear] = useState<readonly Heard[]>([]);
  const told = useRef(new Set<string>());
  const { data } = status;
  const [askStatus, askImages] = [status.refetch, images.refetch];
  useEffect(
    () =>
      every(ASK_MS, () => {
        refreshNow();
        void askStatus();
        void askImages();
      }),
    [askStatus, askImages],
  );
  useEffect(() => {
    if (data && first === null) setFirst({ loaded: data.loaded, refused: data.rejected });
  }, [data, first]);
  const rows = data && first ? Math.max(0, data.loaded - first.loaded) : 0;
  const refused = data && first ? refusedSince(data.rejected, first.refused) : null;
  const picture = images.rows?.[0];
  const line = useRef((text: string, kind: Heard['status'], key = text): void => {
    if (told.current.has(key)) return;
    told.current.add(key);
    hear((before) => [...before, { at_ms: now(), text, status: kind }].slice(-HEARD_MOST));
  }).current;
  const picture_id = picture?.image_id;
  useEffect(() => {
    line(`listening: ${listening}`, 'none', 'listening');
    if (rows > 0) line(`first rows: ${rows}`, 'ok', 'rows');
    if (refused) line(`refused: ${refused.reason}`, 'warn', `refused ${refused.reason}`);
    if (picture_id !== undefined && rows > 0) line(`picture ${picture_id}`, 'ok', 'picture');
  }, [listening, rows, refused, picture_id, line]);
  const some = rows > 0 || picture !== undefined;
  return {
    state: refused ? 'refused' : some ? 'arrived' : 'waiting',
    rows,
    refused,
    picture,
    heard,
    stored: data?.loaded ?? 0,
  };
}

function refusedSince(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Arrival['refused'] {
  const count = sum(now) - sum(before);
  if (count <= 0) return null;
  const [reason] = Object.entries(now)
    .map(([name, n]) => [name, n - (before[name] ?? 0)] as const)
    .sort((a, b) => b[1] - a[1])[0]!;
  return { count, reason };
}
