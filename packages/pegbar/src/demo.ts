import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from './base/clock.ts';
import type { CliIo, DemoOptions } from './cli/index.ts';
import type { ServerConfig } from './config/index.ts';
import type { RunningServer } from './server.ts';
import {
  type Album,
  type AlbumPicture,
  artifactOf,
  bundledScenarioText,
  collectionsOf,
  createAlbum,
  declaredOf,
  live,
  loadScenario,
  type OtlpLog,
  type OtlpSpan,
  optOutsOf,
  otlpLogs,
  otlpSpans,
  renderPicture,
  type Scenario,
  type SimulatedRecord,
  simulate,
  specOf,
  truthOf,
} from './simulation/index.ts';
import { serve } from './up.ts';

const EXIT_USAGE = 2;
const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 28;
/** Share of the scenario's traffic: four weeks of it are told within half a minute. */
const SCALE = 0.5;
/** Records per batch: one intake transaction each, with a breath for the doors between. */
const BATCH = 4_000;
/** Only the newest requests have their inner spans: as in a studio that samples. */
const SPANS_FOR_MS = 6 * 3_600_000;
const PICTURE_SIZE = 320;
/** Pictures whose records travel together. */
const PAINTED_BATCH = 16;

/** `pegbar demo`: a server with a simulated studio in it. */
export async function demo(config: ServerConfig, options: DemoOptions, io: CliIo): Promise<number> {
  const text =
    options.scenario === undefined ? bundledScenarioText('studio') : readFileSync(options.scenario, 'utf8');
  const loaded = loadScenario(text);
  if (!loaded.ok) {
    io.stderr.write(`pegbar: the scenario is wrong at ${loaded.error.path}: ${loaded.error.message}\n`);
    return EXIT_USAGE;
  }
  const data = options.data_said ? config.data : mkdtempSync(join(tmpdir(), 'pegbar-demo-'));
  try {
    return await serve({ ...config, data }, io, (server, signal) =>
      play(server, loaded.value, options, io, signal),
    );
  } finally {
    if (!options.data_said) rmSync(data, { recursive: true, force: true });
  }
}

async function play(
  server: RunningServer,
  scenario: Scenario,
  options: DemoOptions,
  io: CliIo,
  signal: AbortSignal,
): Promise<void> {
  const now = Math.floor(clock.now() / 1000) * 1000;
  const range = {
    scale: SCALE,
    seed: options.seed,
    from_ms: now - (options.days ?? DEFAULT_DAYS) * DAY_MS,
    to_ms: now,
    anchor_ms: now,
  };
  if (options.truth !== undefined)
    writeFileSync(options.truth, `${JSON.stringify(truthOf(scenario, range), null, 2)}\n`);
  const began = clock.monotonic();
  await send(server, `${server.url}/api/v1/resources`, 'application/yaml', declaredOf(scenario, range));
  const album = createAlbum();
  const history = simulate(scenario, { ...range, spans: { from_ms: now - SPANS_FOR_MS } });
  const told = await tellHistory(server, history, album, signal);
  if (signal.aborted) return;
  for (const { tenant, user_id } of optOutsOf(scenario, range)) {
    const url = `${server.url}/api/v1/opt-outs?tenant=${encodeURIComponent(tenant)}`;
    await send(server, url, 'application/json', JSON.stringify({ user_id }));
  }
  await server.flush();
  const seconds = ((clock.monotonic() - began) / 1000).toFixed(0);
  io.stderr.write(
    `  A studio moved in: ${told.toLocaleString('en')} records of its last days, told in ${seconds} s. Live traffic goes on.\n`,
  );
  void paintHistory(server, scenario, album, signal).catch((error: unknown) =>
    io.stderr.write(`pegbar: pictures: ${String(error)}\n`),
  );
  void goOn(server, scenario, { seed: options.seed, scale: SCALE, from_ms: now, signal }).catch(
    (error: unknown) => io.stderr.write(`pegbar: live traffic: ${String(error)}\n`),
  );
}

async function tellHistory(
  server: RunningServer,
  records: Iterable<SimulatedRecord>,
  album: Album,
  signal: AbortSignal,
): Promise<number> {
  let told = 0;
  let batch: SimulatedRecord[] = [];
  for (const record of records) {
    if (signal.aborted) return told;
    album.see(record);
    batch.push(record);
    told++;
    if (batch.length < BATCH) continue;
    await tell(server, batch);
    batch = [];
  }
  await tell(server, batch);
  return told;
}

/** Through the same doors that everybody uses: events as NDJSON, spans and logs as OTLP/JSON. */
async function tell(server: RunningServer, records: readonly SimulatedRecord[]): Promise<void> {
  const spans = records.filter((one): one is OtlpSpan => one.type === 'otlp_span');
  const lines = records.filter((one): one is OtlpLog => one.type === 'otlp_log');
  const events = records.filter((one) => one.type !== 'otlp_span' && one.type !== 'otlp_log');
  if (events.length > 0)
    await send(
      server,
      `${server.url}/api/v1/events`,
      'application/x-ndjson',
      events.map((one) => JSON.stringify(one)).join('\n'),
    );
  if (spans.length > 0)
    await send(server, `${server.otlp_http}/v1/traces`, 'application/json', JSON.stringify(otlpSpans(spans)));
  if (lines.length > 0)
    await send(server, `${server.otlp_http}/v1/logs`, 'application/json', JSON.stringify(otlpLogs(lines)));
}

async function send(server: RunningServer, url: string, type: string, body: string): Promise<void> {
  for (;;) {
    const headers = { 'content-type': type, ...keyOf(server) };
    const answer = await fetch(url, { method: 'POST', headers, body });
    if (answer.ok) {
      await answer.arrayBuffer();
      return;
    }
    const text = await answer.text();
    if (answer.status !== 429 && answer.status !== 503)
      throw new Error(`${url}: ${answer.status} ${text.slice(0, 300)}`);
    await clock.sleep(Number(answer.headers.get('retry-after') ?? 1) * 1000);
  }
}

/** A demo that demands keys sends with the one that it was given. */
function keyOf({ key, keyless }: RunningServer): Record<string, string> {
  return keyless || key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Once the references of a collection are painted, it gets its centroid: nobody waits for the keeper's turn. */
async function paintHistory(
  server: RunningServer,
  scenario: Scenario,
  album: Album,
  signal: AbortSignal,
): Promise<void> {
  await paint(server, album, signal);
  await server.flush();
  for (const { tenant, collection } of collectionsOf(scenario)) {
    if (signal.aborted) return;
    const address = `${server.url}/api/v1/collections/${encodeURIComponent(collection)}/centroid`;
    const url = `${address}?tenant=${encodeURIComponent(tenant)}`;
    const answer = await fetch(url, { method: 'POST', headers: keyOf(server) });
    // A style of a few pictures has no centroid yet; the keeper makes one when there are more.
    await answer.arrayBuffer();
  }
}

/** Paints what somebody will look at, one picture after the other, beside the traffic. */
async function paint(server: RunningServer, album: Album, signal: AbortSignal): Promise<void> {
  let painted: SimulatedRecord[] = [];
  for (const picture of album.pictures()) {
    if (signal.aborted) return;
    painted.push(await paintOne(server, picture));
    if (painted.length < PAINTED_BATCH) continue;
    await tell(server, painted);
    painted = [];
  }
  await tell(server, painted);
}

async function paintOne(server: RunningServer, picture: AlbumPicture): Promise<SimulatedRecord> {
  const spec = specOf(picture);
  const webp = await renderPicture(spec, PICTURE_SIZE);
  const tenant = encodeURIComponent(picture.tenant);
  const url = `${server.url}/api/v1/thumbnails/${encodeURIComponent(spec.image_id)}?tenant=${tenant}`;
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'image/webp', ...keyOf(server) },
    body: new Uint8Array(webp),
  });
  await answer.arrayBuffer();
  return artifactOf(picture, spec, webp);
}

async function goOn(
  server: RunningServer,
  scenario: Scenario,
  options: { seed: number; scale: number; from_ms: number; signal: AbortSignal },
): Promise<void> {
  for await (const batch of live(scenario, { ...options, anchor_ms: options.from_ms, clock, spans: true })) {
    await tell(server, batch);
    const album = createAlbum();
    for (const record of batch) album.see(record);
    await paint(server, album, options.signal);
  }
}
