import { connect } from 'node:net';
import type { Context } from '../command.ts';
import { grpcAddress, otlpAddress, type ServerStatus } from '../server-status.ts';
import { bytes, count, duration } from '../terminal/units.ts';
import { type Check, judged, timed } from './check.ts';
import { newProbe, type Probe, probeEvent, probeTrace } from './probe.ts';

/** More difference than this and charts of live data look wrong. */
const SKEW_MOST_MS = 5_000;
/** Below this share of free disk the server soon refuses. */
const DISK_FREE_LEAST_SHARE = 0.05;
const BACKLOG_WARNING_ROWS = 5_000_000;
const CONNECT_TIMEOUT_MS = 5_000;

type Doctor = Pick<Context, 'client' | 'io'>;

/** The checks in the order of the line, each with the time it took. What depends on a failed one is skipped. */
export async function diagnose(doctor: Doctor, flushTimeoutMs: number): Promise<Check[]> {
  const reach = await reachable(doctor);
  if (reach.check.state === 'failed') return [reach.check];
  const status = await timed(doctor.io.clock, () =>
    doctor.client.json<ServerStatus>('GET', '/api/v1/status'),
  );
  const checks = [reach.check, reach.skew, judged('status', status, standing)];
  if (!status.value.ok) return checks;
  const said = status.value.value;
  const room = disk(said);
  checks.push(engine(said), room, dropped(said), await keys(doctor));
  // A server that refuses for want of room says so at once; waiting for it tells nothing more.
  const retries = room.state === 'failed' ? 0 : 1;
  const probe = newProbe(doctor.io.random);
  const span = await sendSpan(doctor, said, probe, retries);
  const grpc = await grpcDoor(doctor, said);
  const event = await sendEvent(doctor, probe, retries);
  checks.push(span, grpc, event);
  if (span.state === 'failed' && event.state === 'failed') return checks;
  const flush = await timed(doctor.io.clock, () =>
    doctor.client.json('POST', '/api/v1/flush', { timeoutMs: flushTimeoutMs }),
  );
  checks.push(
    judged('flush', flush, () => ({ state: 'ok', says: 'everything acknowledged can be queried' })),
  );
  checks.push(span.state === 'failed' ? skipped('read the span') : await readSpan(doctor, probe));
  checks.push(event.state === 'failed' ? skipped('read the event') : await readEvent(doctor, probe));
  return checks;
}

const skipped = (name: string): Check => ({ name, state: 'skipped', says: 'it could not be sent' });

async function reachable({ client, io }: Doctor): Promise<{ check: Check; skew: Check }> {
  const hop = await timed(io.clock, () => client.raw('GET', '/healthz', { retries: 1 }));
  const check = judged('server', hop, () => ({ state: 'ok', says: `${client.url} answers` }));
  const skew: Check = { name: 'clock', state: 'skipped', says: 'the server does not say its time' };
  if (!hop.value.ok) return { check, skew };
  const date = Date.parse(hop.value.value.headers.get('date') ?? '');
  await hop.value.value.arrayBuffer().catch(() => undefined);
  if (Number.isNaN(date)) return { check, skew };
  // The header has whole seconds and was written somewhere within the hop.
  const difference = Math.abs(io.clock.now() - date - hop.ms / 2);
  if (difference <= SKEW_MOST_MS)
    return { check, skew: { name: 'clock', state: 'ok', says: 'agrees with this machine' } };
  const says = `differs from this machine by ${duration(difference)}`;
  return { check, skew: { name: 'clock', state: 'warning', says, cure: 'let both follow an NTP server' } };
}

function standing(status: ServerStatus): Omit<Check, 'name' | 'ms'> {
  const version = status.version ? `version ${status.version}, ` : '';
  const backlog = status.backlog ?? 0;
  const says = `${version}${count(status.acked ?? 0)} acknowledged, ${count(backlog)} not loaded yet`;
  if (backlog <= BACKLOG_WARNING_ROWS) return { state: 'ok', says };
  return { state: 'warning', says, cure: 'the store is behind: look at the engine and its disk' };
}

function engine({ engine: said }: ServerStatus): Check {
  const state = said?.state ?? 'unknown';
  const restarts = said?.restarts ?? 0;
  const says = `${state}, ${restarts} restarts`;
  if (state === 'starting') {
    return {
      name: 'engine',
      state: 'warning',
      says,
      cure: 'questions wait until it is up; ask again in a moment',
    };
  }
  if (state !== 'up') {
    const cure = 'what is sent is kept meanwhile; the log of the server says why the engine does not run';
    return { name: 'engine', state: 'failed', says, cure };
  }
  if (restarts === 0) return { name: 'engine', state: 'ok', says };
  return {
    name: 'engine',
    state: 'warning',
    says,
    cure: 'the log of the server says why; memory is the usual cause',
  };
}

function disk({ disk: said }: ServerStatus): Check {
  if (said?.free === undefined) return { name: 'disk', state: 'skipped', says: 'the server does not say' };
  const used = said.used ?? 0;
  const limit = said.limit ?? 0;
  const says = `${bytes(used)} used, ${bytes(said.free)} free${limit ? `, limit ${bytes(limit)}` : ''}`;
  if (said.free < (said.min_free ?? 0)) {
    const cure = `nothing is taken in below ${bytes(said.min_free ?? 0)} (--min-free): free space, or shorten retention`;
    return { name: 'disk', state: 'failed', says, cure };
  }
  const room = limit > 0 ? Math.min(said.free, limit - used) : said.free;
  if (room > (used + said.free) * DISK_FREE_LEAST_SHARE) return { name: 'disk', state: 'ok', says };
  return {
    name: 'disk',
    state: room <= 0 ? 'failed' : 'warning',
    says,
    cure: 'free space or shorten retention',
  };
}

function dropped({ dropped: said = {} }: ServerStatus): Check {
  const reasons = Object.entries(said).filter(([, n]) => n > 0);
  if (reasons.length === 0) return { name: 'losses', state: 'ok', says: 'nothing was dropped' };
  const says = reasons.map(([reason, n]) => `${count(n)} × ${reason}`).join(', ');
  return { name: 'losses', state: 'warning', says, cure: '/metrics counts them by tenant and signal' };
}

/** A key that may not list keys is no fault: most should not. */
async function keys({ client, io }: Doctor): Promise<Check> {
  const hop = await timed(io.clock, () =>
    client.json<{ items?: unknown[] }>('GET', '/api/v1/keys', { retries: 0 }),
  );
  if (hop.value.ok) {
    const listed = hop.value.value.items?.length ?? 0;
    const how = client.hasKey ? 'this key is an admin' : 'no key: admin by loopback';
    return {
      name: 'keys',
      state: 'ok',
      ms: hop.ms,
      says: `${how}; ${count(listed)} ${listed === 1 ? 'key' : 'keys'}`,
    };
  }
  if (hop.value.error.kind === 'denied' && client.hasKey) {
    return { name: 'keys', state: 'ok', ms: hop.ms, says: 'this key is known and no admin' };
  }
  return judged('keys', hop, () => ({ state: 'ok', says: '' }));
}

async function sendSpan(
  { client, io }: Doctor,
  status: ServerStatus,
  probe: Probe,
  retries: number,
): Promise<Check> {
  const base = otlpAddress(status, client.url);
  const body = JSON.stringify(probeTrace(probe, io.clock.now()));
  type Answer = { partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string } };
  const hop = await timed(io.clock, () => client.json<Answer>('POST', '/v1/traces', { base, body, retries }));
  const check = judged('OTLP over HTTP', hop, ({ partialSuccess }) =>
    Number(partialSuccess?.rejectedSpans ?? 0) > 0
      ? {
          state: 'failed',
          says: `the span was rejected: ${partialSuccess?.errorMessage ?? 'no reason given'}`,
        }
      : { state: 'ok', says: `${base} acknowledged a span` },
  );
  if (!hop.value.ok && hop.value.error.kind === 'unreachable') {
    check.cure = `is the port open from here, and is it the server's --otlp-http-port?`;
  }
  return check;
}

/** A connection is enough: the same intake stands behind both doors. */
async function grpcDoor({ client, io }: Doctor, status: ServerStatus): Promise<Check> {
  const { host, port } = grpcAddress(status, client.url);
  const hop = await timed(io.clock, () => connects(host, port));
  const name = 'OTLP over gRPC';
  if (hop.value === undefined)
    return { name, state: 'ok', ms: hop.ms, says: `${host}:${port} accepts connections` };
  const cure = `is the port open from here, and is it the server's --otlp-grpc-port?`;
  return { name, state: 'failed', ms: hop.ms, says: `${host}:${port}: ${hop.value}`, cure };
}

function connects(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (why: string | undefined): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(`no connection within ${CONNECT_TIMEOUT_MS / 1_000} s`));
    socket.once('error', (error) => end(error.message || 'no connection'));
  });
}

async function sendEvent({ client, io }: Doctor, probe: Probe, retries: number): Promise<Check> {
  const body = `${JSON.stringify(probeEvent(probe, io.clock.now()))}\n`;
  type Verdict = { accepted?: number; rejected?: { field: string; message: string }[] };
  const hop = await timed(io.clock, () =>
    client.json<Verdict>('POST', '/api/v1/events', { body, contentType: 'application/x-ndjson', retries }),
  );
  return judged('events', hop, ({ accepted, rejected }) =>
    accepted === 1
      ? { state: 'ok', says: 'an event was acknowledged' }
      : { state: 'failed', says: `the event was not taken: ${rejected?.[0]?.message ?? 'no reason given'}` },
  );
}

async function readSpan({ client, io }: Doctor, probe: Probe): Promise<Check> {
  type Answer = { spans?: { span_id?: string }[] };
  const hop = await timed(io.clock, () => client.json<Answer>('GET', `/api/v1/traces/${probe.trace_id}`));
  return judged('read the span', hop, ({ spans = [] }) =>
    spans.some((span) => span.span_id === probe.span_id)
      ? { state: 'ok', says: `trace ${probe.trace_id} is there` }
      : { state: 'failed', says: 'the trace comes back without the span that was sent' },
  );
}

async function readEvent({ client, io }: Doctor, probe: Probe): Promise<Check> {
  type Answer = { request?: { outcome?: string }; stages?: { pipeline_stage?: string }[] };
  const hop = await timed(io.clock, () => client.json<Answer>('GET', `/api/v1/requests/${probe.request_id}`));
  return judged('read the event', hop, ({ request, stages = [] }) => {
    if (!stages.some((stage) => stage.pipeline_stage === 'deliver')) {
      return { state: 'failed', says: 'the request comes back without the stage that was sent' };
    }
    return request?.outcome === 'cancelled'
      ? { state: 'ok', says: `request ${probe.request_id} is there` }
      : {
          state: 'failed',
          says: `the request is ${request?.outcome ?? 'without outcome'} and not cancelled as sent`,
        };
  });
}
