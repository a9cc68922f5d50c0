/**
 * From CMCD's running totals to windows of frames.
 *
 * CMCD v2 says how many frames a player has dropped since its session began (`dfa`), and in which state it was (`sta`);
 * it does not say how many it has shown. With the frame rate that the clip declares, these are what was due in the time
 * of playing less what was dropped. So a window made here says so (`attributes.source` = `cmcd`), and without a declared
 * rate none is made.
 *
 * What a session said last is remembered in memory. The first report of a session that this process sees sets the mark
 * from which is counted, and makes no window; after a restart of the server that costs one interval of each session.
 */
import type { CmcdReport } from './parse.ts';

export interface CmcdContext {
  /** Whose sessions these are. */
  tenant: string;
  declared_fps: number;
  now_ms: number;
  request_id?: string | undefined;
  trace_id?: string | undefined;
}

export type CmcdResult =
  | { kind: 'window'; record: Record<string, unknown> }
  /** Remembered, and counted with what comes. */
  | { kind: 'noted' }
  /** Older than what is known, or so much newer that nobody knows what was in between. */
  | { kind: 'stale' }
  | { kind: 'invalid'; field: string; message: string };

interface Session {
  ts: number;
  state: string;
  dropped: number | undefined;
  playing_ms: number;
  waiting_ms: number;
  stalls: number;
}

/** Sessions that play at the same time; beyond them the one that was silent longest begins anew. */
const SESSIONS_MOST = 10_000;
/** Players report every few tens of seconds; over a gap like this nothing can be said. */
const GAP_MOST_MS = 600_000;
/** States of CTA-5004-B in which the viewer wants to see frames, and gets them or waits for them. */
const PLAYING = 'p';
const WAITING: ReadonlySet<string> = new Set(['r', 'w']);

export interface CmcdSessions {
  take(report: CmcdReport, context: CmcdContext): CmcdResult;
}

export function createCmcdSessions(): CmcdSessions {
  const sessions = new Map<string, Session>();

  function remember(key: string, session: Session): void {
    sessions.delete(key);
    sessions.set(key, session);
    if (sessions.size > SESSIONS_MOST)
      for (const oldest of sessions.keys()) return void sessions.delete(oldest);
  }

  return {
    take(report, context) {
      const read = readReport(report, context.now_ms);
      if ('field' in read) return { kind: 'invalid', ...read };
      const { sid, cid, ts } = read;
      const key = `${context.tenant}\n${sid}\n${cid}`;
      const known = sessions.get(key);
      if (!known || ts - known.ts > GAP_MOST_MS) {
        const fresh = { ts, state: read.state ?? '', dropped: read.dropped };
        remember(key, { ...fresh, playing_ms: 0, waiting_ms: 0, stalls: 0 });
        return known ? { kind: 'stale' } : { kind: 'noted' };
      }
      if (ts < known.ts) return { kind: 'stale' };
      const told = pass(known, read);
      const total = told.playing_ms + told.waiting_ms;
      if (read.dropped === undefined || known.dropped === undefined || total <= 0) {
        remember(key, { ...told, dropped: read.dropped ?? known.dropped });
        return { kind: 'noted' };
      }
      // A player that begins anew counts from 0 again.
      const dropped = read.dropped >= known.dropped ? read.dropped - known.dropped : read.dropped;
      remember(key, { ...told, dropped: read.dropped, playing_ms: 0, waiting_ms: 0, stalls: 0 });
      return { kind: 'window', record: windowOf({ ...read, dropped }, told, context) };
    },
  };
}

/** The time since the last report was spent in the state that it told. */
function pass(known: Session, { ts, state }: { ts: number; state: string | undefined }): Session {
  const elapsed = ts - known.ts;
  const stalled = state !== undefined && WAITING.has(state) && known.state === PLAYING;
  return {
    ts,
    state: state ?? known.state,
    dropped: known.dropped,
    playing_ms: known.playing_ms + (known.state === PLAYING ? elapsed : 0),
    waiting_ms: known.waiting_ms + (WAITING.has(known.state) ? elapsed : 0),
    stalls: known.stalls + (stalled ? 1 : 0),
  };
}

interface Read {
  sid: string;
  cid: string;
  ts: number;
  state: string | undefined;
  dropped: number | undefined;
}

function readReport(report: CmcdReport, now_ms: number): Read | { field: string; message: string } {
  const [sid, cid, ts, state, dropped] = ['sid', 'cid', 'ts', 'sta', 'dfa'].map((key) => report.get(key));
  if (typeof sid !== 'string') return { field: 'sid', message: 'the report names no session' };
  if (typeof cid !== 'string') return { field: 'cid', message: 'the report names no content' };
  if (dropped !== undefined && !(typeof dropped === 'number' && dropped >= 0))
    return { field: 'dfa', message: 'dfa is not a number of frames' };
  return {
    sid,
    cid,
    dropped,
    ts: typeof ts === 'number' ? ts : now_ms,
    state: typeof state === 'string' ? state : undefined,
  };
}

function windowOf(
  { sid, cid, ts, dropped }: Read & { dropped: number },
  { playing_ms, waiting_ms, stalls }: Session,
  { declared_fps, request_id, trace_id }: CmcdContext,
): Record<string, unknown> {
  const due = (playing_ms / 1000) * declared_fps;
  const seconds = (playing_ms + waiting_ms) / 1000;
  return {
    type: 'frames',
    side: 'delivered',
    event_id: `cmcd/${sid}/${cid}/${ts}`,
    timestamp: ts,
    sequence_id: cid,
    session_id: sid,
    request_id,
    trace_id,
    declared_fps,
    window_s: seconds,
    playing_s: seconds,
    frames: Math.max(0, due - dropped),
    dropped,
    stalls,
    attributes: { source: 'cmcd' },
  };
}
