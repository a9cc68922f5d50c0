/** One sequence as it was made and as it was seen, second by second: where produced and delivered frames meet. */
import { droppedRatio, fpsDeviation, fpsMetBy } from '@pegbar/stats';
import { ok, type Result } from '../base/result.ts';
import { selectList } from './columns.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore, refused } from './failure.ts';
import * as SQL from './queries.ts';
import { requestRow } from './requests.ts';

type Row = Record<string, unknown>;
type Side = 'produced' | 'delivered';

/** Windows of one answer: an hour of three viewers, a second each. */
const WINDOWS = 10_000;
/** Seconds of one answer; a clip that is longer is cut, and the answer says so. */
const SECONDS = 3_600;
/** The share of playing seconds by which a rate is told (docs/fps.md). */
const MET_BY = 0.99;

const FRAMES_OF_SEQUENCE = `
SELECT ${selectList('frames')} FROM frames AS t
WHERE {tenant_filter:t} AND t.sequence_id = {id:String}
ORDER BY t.timestamp LIMIT {limit:UInt32}`;

/** A window with where it lies in the clip: after so many seconds of making, or of playing. */
export interface Placed {
  side: Side;
  offset_s: number;
  seconds: number;
  frames: number;
  dropped: number;
  duplicated: number;
  held: number;
  stalls: number;
}

export interface Second {
  second: number;
  produced_fps: number | null;
  delivered_fps: number | null;
  /** (produced − delivered) / produced. */
  deviation: number | null;
  dropped: number;
  duplicated: number;
  held: number;
  stalls: number;
}

const optionsOf = ({ signal }: Asking) => (signal ? { signal } : {});
const numberOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/**
 * Lays windows over the seconds of the clip. A window that covers a part of a second gives that part of its frames to
 * it, so that an offline render, told as one window, meets the seconds of its viewers. Several viewers are added up:
 * their frames over their time.
 */
export function bySecond(windows: readonly Placed[]): Second[] {
  const slots: Record<Side, { frames: number; seconds: number }[]> = {
    produced: [],
    delivered: [],
  };
  const counts: Pick<Placed, 'dropped' | 'duplicated' | 'held' | 'stalls'>[] = [];
  for (const window of windows) {
    const end = Math.min(SECONDS, window.offset_s + window.seconds);
    for (let second = Math.floor(window.offset_s); second < end; second++) {
      const covered = Math.min(end, second + 1) - Math.max(window.offset_s, second);
      if (covered <= 0) continue;
      const part = covered / window.seconds;
      const slot = slots[window.side][second] ?? { frames: 0, seconds: 0 };
      slots[window.side][second] = {
        frames: slot.frames + window.frames * part,
        seconds: slot.seconds + covered,
      };
      if (window.side === 'produced') continue;
      const count = counts[second] ?? { dropped: 0, duplicated: 0, held: 0, stalls: 0 };
      for (const name of ['dropped', 'duplicated', 'held', 'stalls'] as const)
        count[name] += window[name] * part;
      counts[second] = count;
    }
  }
  const length = Math.max(slots.produced.length, slots.delivered.length);
  return Array.from({ length }, (_, second) => {
    const rate = (side: Side): number => {
      const slot = slots[side][second];
      return slot ? slot.frames / slot.seconds : Number.NaN;
    };
    const [produced, delivered] = [rate('produced'), rate('delivered')];
    return {
      second,
      produced_fps: numberOrNull(produced),
      delivered_fps: numberOrNull(delivered),
      deviation: numberOrNull(fpsDeviation(produced, delivered)),
      ...(counts[second] ?? { dropped: 0, duplicated: 0, held: 0, stalls: 0 }),
    };
  });
}

/** One sequence by its id, of any age: both sides, their seconds, and the request and trace that made it. */
export async function findSequence(
  { store }: ExploreDeps,
  asking: Asking,
  id: string,
): Promise<Result<Row, ExploreError>> {
  const found = await store
    .scoped(asking.scope)
    .rows<Row>(FRAMES_OF_SEQUENCE, { params: { id, limit: WINDOWS + 1 }, ...optionsOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const [first] = found.value;
  if (!first) return refused('not_found', 'there are no frames of such a sequence');
  // Ids are unique within a tenant only.
  const rows = found.value.filter((row) => row.tenant === first.tenant).slice(0, WINDOWS);
  const request_id = rows.map((row) => String(row.request_id)).find((one) => one !== '') ?? '';
  const request = await requestOf({ store }, asking, String(first.tenant), request_id);
  if (!request.ok) return request;
  const trace_id = String(request.value?.trace_id ?? attributeOf(rows, 'trace_id') ?? '');
  const windows = placed(rows);
  const seconds = bySecond(windows.map(({ figures }) => figures));
  const [produced, delivered] = [totals(windows, 'produced'), totals(windows, 'delivered')];
  return ok({
    sequence_id: id,
    tenant: first.tenant,
    request_id: request_id || null,
    trace_id: trace_id || null,
    request: request.value,
    declared_fps: rows.map((row) => Number(row.declared_fps)).find((fps) => fps > 0) ?? null,
    produced,
    delivered,
    deviation:
      produced && delivered
        ? numberOrNull(fpsDeviation(produced.fps ?? 0, delivered.fps ?? Number.NaN))
        : null,
    seconds,
    truncated: found.value.length > WINDOWS || windows.some(({ figures }) => figures.offset_s >= SECONDS),
  });
}

async function requestOf(
  { store }: Pick<ExploreDeps, 'store'>,
  asking: Asking,
  tenant: string,
  id: string,
): Promise<Result<Row | null, ExploreError>> {
  if (id === '') return ok(null);
  const found = await store
    .scoped({ tenant })
    .rows<Row>(SQL.REQUESTS_BY_ID, { params: { ids: [id], tenants: [tenant] }, ...optionsOf(asking) });
  if (!found.ok) return fromStore(found.error);
  const [row] = found.value;
  return ok(row ? requestRow(row) : null);
}

function attributeOf(rows: readonly Row[], name: string): string | undefined {
  const said = rows.map((row) => (row.attributes as Record<string, string> | undefined)?.[name]);
  return said.find((one) => one !== undefined && one !== '');
}

interface Window {
  figures: Placed;
  /** Who played it; one maker on the produced side. */
  session_id: string;
  row: Row;
}

/** Each window after those before it of the same side and session. Rows ascend by time. */
function placed(rows: readonly Row[]): Window[] {
  const reached = new Map<string, number>();
  return rows.map((row) => {
    const side: Side = row.side === 'produced' ? 'produced' : 'delivered';
    const session_id = attributeOf([row], 'session_id') ?? '';
    const key = `${side}\n${session_id}`;
    const offset_s = reached.get(key) ?? 0;
    const seconds = Number(side === 'produced' ? row.window_s : row.playing_s);
    reached.set(key, offset_s + seconds);
    const [frames, dropped, duplicated, held, stalls] = (
      ['frames', 'dropped', 'duplicated', 'held', 'stalls'] as const
    ).map((name) => Number(row[name]));
    const figures = { side, offset_s, seconds, frames, dropped, duplicated, held, stalls } as Placed;
    return { figures, session_id, row };
  });
}

/** null where none were told: the store has 0 for that. */
function intervalsOf(row: Row): Record<string, unknown> | null {
  if (!(Number(row.interval_max_ms) > 0)) return null;
  const [p50, p95, p99, max] = ['p50', 'p95', 'p99', 'max'].map((name) => row[`interval_${name}_ms`]);
  return { p50, p95, p99, max };
}

function totals(all: readonly Window[], side: Side) {
  const windows = all.filter(({ figures }) => figures.side === side);
  if (windows.length === 0) return null;
  const sum = (name: Exclude<keyof Placed, 'side'>): number =>
    windows.reduce((total, { figures }) => total + figures[name], 0);
  const rates = windows.filter(({ figures }) => figures.seconds > 0);
  const [frames, dropped, seconds] = [sum('frames'), sum('dropped'), sum('seconds')];
  return {
    frames,
    dropped,
    seconds,
    duplicated: sum('duplicated'),
    held: sum('held'),
    stalls: sum('stalls'),
    fps: numberOrNull(frames / seconds),
    fps_met_by_99: numberOrNull(
      fpsMetBy(
        rates.map(({ figures }) => figures.frames / figures.seconds),
        MET_BY,
      ),
    ),
    dropped_ratio: numberOrNull(droppedRatio(frames, dropped)),
    sessions: new Set(windows.map(({ session_id }) => session_id)).size,
    windows: windows.map(({ figures, session_id, row }) => ({
      timestamp: row.timestamp,
      ...(session_id === '' ? {} : { session_id }),
      ...figures,
      interval_ms: intervalsOf(row),
    })),
  };
}
