/**
 * The planted drift of style, as a studio would meet it: pictures are painted by the simulation, sent as thumbnails,
 * looked at by the server, and held against the style that two collections declare. Nobody sends a score.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type AlbumPicture,
  artifactOf,
  bundledScenarioText,
  createAlbum,
  loadScenario,
  renderPicture,
  simulate,
  specOf,
} from '../../packages/pegbar/src/simulation/index.ts';
import { type Server, startServer } from './server.ts';

const DAY_MS = 86_400_000;
const ANCHOR_MS = Date.UTC(2026, 9, 30, 12);
/** The drift begins ten days before the anchor; a bad release comes in the last day, which is left out. */
const FROM_MS = ANCHOR_MS - 24 * DAY_MS;
const DRIFT_MS = ANCHOR_MS - 10 * DAY_MS;
const TO_MS = ANCHOR_MS - DAY_MS;
const DRIFTING = 'kumo-spring';
const STEADY = 'lecture-noir';
const PICTURE_PX = 160;
const DAILY = 5;
/** The keeper of collections looks every ten seconds, twice before it trusts the references; a loaded machine is slow. */
const SCORED_MS = 90_000;

let server: Server;
let pictures: AlbumPicture[];

function album(): AlbumPicture[] {
  const loaded = loadScenario(bundledScenarioText('studio'));
  if (!loaded.ok) throw new Error(loaded.error.message);
  const chosen = createAlbum({ newest: 0, evaluation: 0, flagged: 0, daily: DAILY });
  const range = { seed: 7, scale: 0.08, from_ms: FROM_MS, to_ms: TO_MS, anchor_ms: ANCHOR_MS };
  for (const record of simulate(loaded.value, range)) chosen.see(record);
  return chosen.pictures().filter((one) => [DRIFTING, STEADY].includes(specOf(one).collection));
}

async function send(picture: AlbumPicture): Promise<void> {
  const spec = specOf(picture);
  const webp = await renderPicture(spec, PICTURE_PX);
  const record = artifactOf(picture, spec, webp);
  await server.send([{ ...record }]);
  const answer = await server.call(`/api/v1/thumbnails/${spec.image_id}?tenant=${picture.tenant}`, {
    method: 'PUT',
    headers: { 'content-type': 'image/webp' },
    body: new Uint8Array(webp),
  });
  expect(answer.status).toBe(200);
}

const question = (collection: string, more = ''): string =>
  `/api/v1/collections/${collection}/style?from=${ANCHOR_MS - 6 * DAY_MS}&to=${TO_MS}&baseline_from=${FROM_MS}&baseline_to=${DRIFT_MS}${more}`;

beforeAll(async () => {
  server = await startServer();
  pictures = album();
  for (const picture of pictures) await send(picture);
  const documents = [
    [DRIFTING, 'studio-kumo'],
    [STEADY, 'mangatan'],
  ].map(
    ([name, tenant]) =>
      `apiVersion: pegbar/v1\nkind: Collection\nmetadata: { name: ${name}, tenant: ${tenant} }\nspec:\n  references: { to: "${new Date(DRIFT_MS).toISOString()}" }\n`,
  );
  const applied = await server.post('/api/v1/resources', documents.join('---\n'), 'application/yaml');
  expect(applied.text).toContain('created');
  await server.flush();
}, 300_000);
afterAll(() => server?.stop());

it('gives every picture a look and a palette', async () => {
  const [row] = await server.sql(
    `SELECT uniqExact(image_id) AS n, uniqExact(length(vector)) AS lengths, min(length(palette)) AS tones,
       any(embedder) AS embedder, any(embedder_version) AS version FROM embeddings`,
  );
  expect(row).toMatchObject({
    n: String(pictures.length),
    lengths: '1',
    embedder: 'pegbar-look',
    version: '1',
  });
  expect(Number(row!.tones)).toBeGreaterThan(2);
});

it('tells a style distance of every picture, at the time of the picture, from references that hold still', async () => {
  const scored = async (): Promise<number> => {
    await server.flush();
    const [row] = await server.sql(
      "SELECT uniqExact(image_id) AS n FROM scores WHERE name = 'style_distance'",
    );
    return Number(row!.n);
  };
  await expect.poll(scored, { timeout: SCORED_MS, interval: 3_000 }).toBe(pictures.length);
  const [row] = await server.sql(
    `SELECT count() AS n, countIf(s.timestamp = i.timestamp) AS on_time, min(value) AS least, max(value) AS most,
       any(scorer) AS scorer, any(scorer_version) AS version
     FROM scores AS s INNER JOIN images AS i ON i.image_id = s.image_id WHERE s.name = 'style_distance'`,
  );
  expect(row).toMatchObject({
    n: String(pictures.length),
    on_time: String(pictures.length),
    scorer: 'pegbar-look',
    version: '1+centroid.1',
  });
  expect(Number(row!.least)).toBeGreaterThan(0);
  expect(Number(row!.most)).toBeLessThan(1);
  // Rows can be asked for a moment before they are counted.
  await server.flush();
  const kpis = await server.kpis({
    metrics: 'style_distance_mean',
    by: 'tenant',
    from: String(FROM_MS),
    to: String(TO_MS),
  });
  expect(kpis.series.map(({ key }) => key.tenant).sort()).toEqual(['mangatan', 'studio-kumo']);
});

it('sees the planted drift, and none in the collection that was left alone', async () => {
  const drifting = await server.get(question(DRIFTING));
  const steady = await server.get(question(STEADY));
  const told = JSON.stringify({ drifting: drifting.drift, steady: steady.drift });
  expect(drifting.centroid, told).toMatchObject({ of: 'references', version: 1 });
  expect(drifting.drift.centroid.p, told).toBeLessThan(1e-4);
  expect(drifting.drift.centroid.ratio, told).toBeGreaterThan(2);
  expect(drifting.drift.mmd.p, told).toBeLessThan(1e-3);
  expect(steady.drift.centroid.p, told).toBeGreaterThan(0.01);
  expect(steady.drift.mmd.p, told).toBeGreaterThan(0.01);
  const rise = ({ distances }: typeof drifting): number => distances.now.median - distances.before.median;
  expect(rise(drifting)).toBeGreaterThan(0.05);
  expect(Math.abs(rise(steady))).toBeLessThan(0.04);
});

it('shows the same new and lost pictures each time, and the colours of each day', async () => {
  const first = await server.get(question(DRIFTING));
  const again = await server.get(question(DRIFTING));
  expect(again).toEqual(first);
  expect(first.most_new).toHaveLength(6);
  for (const { timestamp } of first.most_new) expect(Date.parse(timestamp)).toBeGreaterThan(DRIFT_MS);
  for (const { timestamp } of first.most_lost) expect(Date.parse(timestamp)).toBeLessThan(DRIFT_MS);
  for (const { palette } of first.days) {
    expect(palette).toHaveLength(6);
    expect(palette[0].colour).toMatch(/^#[0-9a-f]{6}$/);
  }
});

it('tells palettes by day and by model in the same six tones', async () => {
  const range = `from=${FROM_MS}&to=${TO_MS}&split=${ANCHOR_MS - 6 * DAY_MS}`;
  const { times, collections } = await server.get(`/api/v1/style-health?${range}`);
  const { palette, models } = collections.find((one: { collection: string }) => one.collection === DRIFTING);
  expect(palette.tones).toHaveLength(6);
  for (const tone of palette.tones) expect(tone).toMatch(/^#[0-9a-f]{6}$/);
  expect(palette.points).toHaveLength(times.length);
  const sum = (shares: number[]): number => shares.reduce((total, one) => total + one, 0);
  for (const shares of [palette.now, palette.before, ...palette.points.filter(Boolean)])
    expect(sum(shares)).toBeCloseTo(1, 2);
  // What was planted is a change of palette.
  const moved = palette.tones.map((_: string, at: number) => Math.abs(palette.now[at] - palette.before[at]));
  expect(sum(moved)).toBeGreaterThan(0.1);
  expect(models.length).toBeGreaterThan(0);
  for (const model of models) expect(model.palette).toHaveLength(times.length);
});

it('makes a new version of a centroid when it is asked to, and refuses a collection that nobody declared', async () => {
  const made = await server.call(`/api/v1/collections/${DRIFTING}/centroid`, { method: 'POST' });
  expect(made.json).toMatchObject({ collection: DRIFTING, version: 2, embedder: 'pegbar-look' });
  const { centroid } = await server.get(question(DRIFTING));
  expect(centroid.version).toBe(2);
  const none = await server.call('/api/v1/collections/nobody/centroid', { method: 'POST' });
  expect(none.status).toBe(404);
});

it('takes vectors of other embedders and never compares versions', async () => {
  await server.store(
    Array.from({ length: 3 }, (_, at) => ({
      type: 'embedding',
      tenant: 'studio-kumo',
      timestamp: TO_MS,
      image_id: `other-${at}`,
      embedder: 'clip-vit-l-14',
      embedder_version: '1.2.0',
      vector: [at, 1, 0.5],
    })),
  );
  const rows = await server.sql(
    "SELECT embedder_version, count() AS n FROM embeddings WHERE embedder = 'clip-vit-l-14' GROUP BY 1",
  );
  expect(rows).toEqual([{ embedder_version: '1.2.0', n: '3' }]);
  const wrong = await server.post(
    '/api/v1/resources',
    'apiVersion: pegbar/v1\nkind: Collection\nmetadata: { name: x }\nspec: { embedder: clip }\n',
    'application/yaml',
  );
  expect(wrong.status).toBe(400);
  expect(wrong.text).toContain('embedder_version');
});
