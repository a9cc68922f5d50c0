/** What one HTTP/2 connection may cost when nobody sends an honest call on it. */
import { constants, type ServerHttp2Session } from 'node:http2';
import type { Clock } from '../../base/clock.ts';
import type { Counters } from '../../base/counters.ts';
import type { OtlpLimits } from './limits.ts';

const WINDOW_MS = 10_000;

/**
 * Closes a connection that does not complete its preface in time, that floods PING or SETTINGS, or that idles.
 * Reset, CONTINUATION and unacknowledged-frame floods are bounded by nghttp2 itself.
 */
export function guardSession(
  session: ServerHttp2Session,
  { clock, counters, limits }: { clock: Clock; counters: Counters; limits: OtlpLimits },
): void {
  const closed = (reason: string): void =>
    counters.add('pegbar_otlp_sessions_closed_total', { transport: 'grpc', reason });
  const preface = new AbortController();
  session.once('remoteSettings', () => preface.abort());
  session.once('close', () => preface.abort());
  void clock.sleep(limits.headMs, preface.signal).then(() => {
    if (preface.signal.aborted || session.destroyed) return;
    closed('preface');
    session.destroy();
  });
  let frames = 0;
  let windowEnds = clock.monotonic() + WINDOW_MS;
  const count = (): void => {
    const now = clock.monotonic();
    if (now >= windowEnds) {
      frames = 0;
      windowEnds = now + WINDOW_MS;
    }
    if (++frames <= limits.controlFramesPer10s || session.destroyed) return;
    closed('flood');
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
  };
  session.on('ping', count);
  session.on('remoteSettings', count);
  session.setTimeout(limits.sessionIdleMs, () => {
    closed('idle');
    session.close();
  });
}
