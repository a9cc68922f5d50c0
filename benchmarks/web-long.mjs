// What is long: a trace of 10,000 spans until its first rows are there, and a gallery of 100,000 pictures from its
// newest to its oldest. Both are sent to the server first, as anybody would send them.
import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { watchTasks } from './web-tasks.mjs';
import { watchWaits } from './web-waits.mjs';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const STORED_MS = 120 * SECOND_MS;

async function asked(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function until(holds) {
  const late = Date.now() + STORED_MS;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > late) throw new Error('what was sent was not stored in time');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

const SPANS = 10_000;
const SPANS_PER_POST = 2_000;
const PANELS = 20;
const TRACE_MS = 40 * SECOND_MS;
const nanos = (ms) => String(BigInt(Math.round(ms * 1e3)) * 1000n);
const spanId = (at) => (at + 1).toString(16).padStart(16, '0');

/** Sends a trace three levels deep; answers its id. */
export async function sendTrace({ url, otlp_http }) {
  const traceId = randomBytes(16).toString('hex');
  const start = Date.now() - 2 * TRACE_MS;
  const span = (at) => {
    const parent = at <= PANELS ? 0 : 1 + ((at * 7) % PANELS);
    const begins = start + (at / SPANS) * (TRACE_MS - SECOND_MS);
    const took = at === 0 ? TRACE_MS : at <= PANELS ? 2 * SECOND_MS : 3 + (at % 40);
    return {
      traceId,
      spanId: spanId(at),
      kind: 1,
      status: {},
      ...(at === 0 ? {} : { parentSpanId: spanId(parent) }),
      name: at === 0 ? 'render comic' : at <= PANELS ? `panel ${at}` : `denoise step ${at % 50}`,
      startTimeUnixNano: nanos(begins),
      endTimeUnixNano: nanos(begins + took),
    };
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'bench' } }] };
  for (let from = 0; from < SPANS; from += SPANS_PER_POST) {
    const spans = Array.from({ length: SPANS_PER_POST }, (_, at) => span(from + at));
    const body = JSON.stringify({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans }] }],
    });
    await asked(`${otlp_http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  }
  await until(async () => (await asked(`${url}/api/v1/traces/${traceId}/outline`)).spans.id.length === SPANS);
  return traceId;
}

/** Milliseconds from the address to the frame in which the first rows of its waterfall are painted. */
export async function firstRows(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const waits = await watchWaits(browser);
  await page.addInitScript(() => {
    const look = () => {
      if (document.querySelector('[role="treeitem"]')) globalThis.rowsAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(url, { waitUntil: 'commit' });
  await page.waitForFunction(() => globalThis.rowsAt !== undefined, undefined, { timeout: 60_000 });
  const [origin, took] = await page.evaluate('[performance.timeOrigin, globalThis.rowsAt]');
  await waits.stop();
  await context.close();
  return { took, free: took - waits.between(origin, origin + took) };
}

const TENANT = 'bench-gallery';
const PICTURES = 100_000;
const RECORDS_PER_POST = 2_500;
const FILES = 16;
const FILE_PX = 96;

/** Pictures by reference, a second apart, of a tenant of their own; `folder` is where their files are written. */
export async function sendPictures({ url }, folder) {
  mkdirSync(folder, { recursive: true });
  const root = realpathSync(folder);
  for (let file = 0; file < FILES; file++) {
    const png = new PNG({ width: FILE_PX, height: FILE_PX });
    for (let at = 0; at < FILE_PX * FILE_PX; at++)
      png.data.set([file * 16, at >> 6, (at % FILE_PX) * 2, 255], at * 4);
    writeFileSync(join(root, `${file}.png`), PNG.sync.write(png));
  }
  const tenant = `apiVersion: pegbar/v1\nkind: Tenant\nmetadata: { name: ${TENANT} }\nspec: { artifact_roots: ["${root}"] }\n`;
  await asked(`${url}/api/v1/resources`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: tenant,
  });
  const newest = Date.now() - SECOND_MS;
  const record = (at) => ({
    type: 'artifact',
    tenant: TENANT,
    kind: 'image',
    image_id: `p${at}`,
    request_id: `r${at}`,
    uri: `file://${root}/${at % FILES}.png`,
    width: 768,
    height: 768,
    workload: 'single_image',
    timestamp: newest - Math.floor((at * 23 * HOUR_MS) / PICTURES),
  });
  for (let from = 0; from < PICTURES; from += RECORDS_PER_POST) {
    const lines = Array.from({ length: RECORDS_PER_POST }, (_, at) => JSON.stringify(record(from + at)));
    const verdict = await asked(`${url}/api/v1/events?tenant=${TENANT}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    if (verdict.rejected.length > 0) throw new Error(verdict.rejected[0].message);
  }
  const gallery = `${url}/api/v1/gallery?tenant=${TENANT}&from=${newest - 24 * HOUR_MS}&to=${newest + HOUR_MS}`;
  await until(async () => (await asked(gallery)).pictures === PICTURES);
}

const WHEEL_PX = 2_400;
const WHEEL_MS = 16;
/** Turns of the wheel between two looks at how far it has come. */
const TURNS = 20;
/** As often as this nothing new may come before the end is believed. */
const STILL_MOST = 8;

/** The trace of so long is taken at a time. */
const SLICE_MS = 10_000;
const isFetching = (page) => page.getByText('More pictures are coming').isVisible();

/** Turns the wheel until the oldest picture is there, or the time is over. */
export async function scrollGallery(browser, url, most_ms) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  await page.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) =>
      globalThis.tasks.push(...list.getEntries().map((one) => [one.startTime, one.duration])),
    ).observe({ type: 'longtask' });
  });
  await page.goto(`${url}/images?tenant=${TENANT}`, { waitUntil: 'load' });
  await page.locator('ul[aria-label="Pictures"] img').first().waitFor();
  await page.waitForLoadState('networkidle', { timeout: 30_000 }).catch(() => undefined);
  await page.evaluate('globalThis.tasks.length = 0');
  await page.mouse.move(900, 500);
  const waits = await watchWaits(browser);
  const tasks_of = await watchTasks(browser);
  const begin = Date.now();
  let [place, still, sliced] = [-1, 0, begin];
  while (Date.now() - begin < most_ms && still < STILL_MOST) {
    if (Date.now() - sliced > SLICE_MS) {
      await tasks_of.slice();
      sliced = Date.now();
    }
    for (let turn = 0; turn < TURNS; turn++) {
      await page.mouse.wheel(0, WHEEL_PX);
      await page.waitForTimeout(WHEEL_MS);
    }
    const now = await page.evaluate('scrollY');
    still = now === place && now > 0 && !(await isFetching(page)) ? still + 1 : 0;
    place = now;
  }
  const by_cpu = await tasks_of.stop();
  // Where the hand rests, places are filled with their pictures.
  await page.locator('ul[aria-label="Pictures"] a').last().waitFor();
  const [origin, tasks, shown] = await page.evaluate(() => {
    const links = document.querySelectorAll('ul[aria-label="Pictures"] a');
    const ids = [...links].map((link) => Number(/\/p(\d+)/.exec(link.getAttribute('href') ?? '')?.[1] ?? -1));
    return [performance.timeOrigin, globalThis.tasks, Math.max(-1, ...ids) + 1];
  });
  await waits.stop();
  const { metrics } = await session.send('Performance.getMetrics');
  await context.close();
  const free = tasks.map(([start, took]) => took - waits.between(origin + start, origin + start + took));
  return {
    pictures: shown,
    seconds: (Date.now() - begin) / SECOND_MS,
    longest: Math.max(0, ...tasks.map(([, took]) => took)),
    longest_free: Math.max(0, ...free),
    longest_cpu: by_cpu.longest_ms,
    over_50_cpu: by_cpu.over_50,
    tasks: by_cpu.tasks,
    longest_parts: by_cpu.parts,
    own_cpu: by_cpu.own_ms,
    own_parts: by_cpu.own_parts,
    long: tasks.length,
    long_free: free.filter((took) => took > 50).length,
    heap_mb: metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 1e6,
  };
}
