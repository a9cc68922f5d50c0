// What the pages weigh, how soon they are there and how soon they answer, in a real Chromium over the simulated studio;
// a trace of 10,000 spans, a gallery of 100,000 pictures, ten charts of 2,000 points.
// Usage: node benchmarks/web.mjs [--repetitions 5] [--throttle 4] [--pages home,single|all] [--scroll-seconds 240]
// [--only pages,trace,gallery,charts]; needs a build and a Chromium. PEGBAR_STUDIO_URL (and PEGBAR_STUDIO_OTLP for the
// trace) take a running server in place of a studio of its own.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { ADDRESSES } from '../tests/web/addresses.mjs';
import { CHROMIUM, openBrowser } from '../tests/web/browser.mjs';
import { startStudio } from '../tests/web/studio.mjs';
import { report, say } from './report.mjs';
import { firstRows, scrollGallery, sendPictures, sendTrace } from './web-long.mjs';
import { visit } from './web-pages.mjs';
import { watchWaits } from './web-waits.mjs';

const { values: options } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '5' },
    throttle: { type: 'string', default: '4' },
    pages: { type: 'string', default: 'home,start,animation,single,requests,gallery,releases,errors' },
    only: { type: 'string', default: 'pages,trace,gallery,charts' },
    'scroll-seconds': { type: 'string', default: '240' },
  },
});
const repetitions = Number(options.repetitions);
const throttle = Number(options.throttle);
const wanted = (part) => options.only.split(',').includes(part);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WEB = join(ROOT, 'packages/pegbar/dist/web');
const KB = 1024;
const MOUNTS = 7;

/** What facts and issue ask for: each figure is told as how many times better than its limit it is. */
const LIMITS = {
  shell_kb: 90,
  route_kb: 200,
  lcp_ms: 1_200,
  inp_ms: 100,
  rows_ms: 300,
  task_ms: 50,
  mount_ms: 100,
};
function tell(metric, unit, values, limit) {
  const goal = limit === undefined ? {} : { peer: `limit ${limit} ${unit}`, peerValues: [limit] };
  report({ bench: 'web', metric, unit, values, better: 'less', ...goal });
}

// What is sent, packed as the server packs it.
const manifest = JSON.parse(readFileSync(join(WEB, 'manifest.json'), 'utf8'));
const packed = (file) => gzipSync(readFileSync(join(WEB, file)), { level: 9 }).length;
function reached(entry, known = new Set()) {
  if (known.has(entry)) return known;
  known.add(entry);
  for (const next of manifest[entry].imports ?? []) reached(next, known);
  return known;
}
function weigh(entries) {
  const scripts = [...entries].map((entry) => packed(manifest[entry].file));
  const styles = [...new Set([...entries].flatMap((entry) => manifest[entry].css ?? []))].map(packed);
  const sum = (sizes) => sizes.reduce((total, size) => total + size, 0) / KB;
  return { script: sum(scripts), style: sum(styles) };
}
const entry = Object.keys(manifest).find((name) => manifest[name].isEntry);
const shell = reached(entry);
tell('shell_script_gz', 'KB', [weigh(shell).script], LIMITS.shell_kb);
tell('shell_style_gz', 'KB', [weigh(shell).style]);
for (const page of new Set([...shell].flatMap((key) => manifest[key].dynamicImports ?? []))) {
  const name = /pages\/([\w-]+\/[\w-]+)\./.exec(page)?.[1];
  if (!name) continue;
  const { script, style } = weigh(new Set([...shell, ...reached(page)]));
  tell(`${name.replace(/(.+)\/\1/, '$1').replace('/', '-')}_gz`, 'KB', [script + style], LIMITS.route_kb);
}

if (CHROMIUM === undefined) {
  console.error('no Chromium: only what the pages weigh was measured');
  process.exit(0);
}
const load = () => tell('load_average', '', [loadavg()[0]]);
load();
const browser = await openBrowser();
const pictures = mkdtempSync(join(tmpdir(), 'pegbar-bench-pictures-'));
const studio = await startStudio();
try {
  if (wanted('charts')) await timeCharts();
  if (wanted('pages')) await timePages();
  if (wanted('trace') && studio.otlp_http !== null) await timeTrace();
  if (wanted('gallery')) await timeGallery();
} finally {
  await browser.close();
  await studio.stop();
  rmSync(pictures, { recursive: true, force: true });
  load();
}

async function timePages() {
  const names = options.pages.split(',');
  for (const [name, address] of ADDRESSES) {
    if (options.pages !== 'all' && !names.includes(name)) continue;
    const visits = [];
    for (let at = 0; at < repetitions; at++)
      visits.push(await visit(browser, studio.url + address, throttle));
    const of = (key) => visits.map((one) => one[key]);
    tell(`${name}_lcp_${throttle}x`, 'ms', of('lcp'), LIMITS.lcp_ms);
    tell(`${name}_lcp_${throttle}x_less_waiting`, 'ms', of('lcp_free'), LIMITS.lcp_ms);
    tell(`${name}_inp_${throttle}x`, 'ms', of('inp'), LIMITS.inp_ms);
    tell(`${name}_inp_${throttle}x_less_waiting`, 'ms', of('inp_free'), LIMITS.inp_ms);
    say(`${name}: ${visits.map(({ lcp, inp }) => `${Math.round(lcp)}/${Math.round(inp)}`).join(' ')}`);
  }
}

async function timeTrace() {
  const trace = await sendTrace(studio);
  const times = [];
  for (let at = 0; at < repetitions; at++)
    times.push(await firstRows(browser, `${studio.url}/traces/${trace}`));
  const of = (key) => times.map((one) => one[key]);
  tell('trace_10000_spans_first_rows', 'ms', of('took'), LIMITS.rows_ms);
  tell('trace_10000_spans_first_rows_less_waiting', 'ms', of('free'), LIMITS.rows_ms);
}

/** Once: it takes minutes. */
async function timeGallery() {
  await sendPictures(studio, pictures);
  const seen = await scrollGallery(browser, studio.url, Number(options['scroll-seconds']) * 1000);
  say(`gallery: ${seen.pictures} pictures in ${Math.round(seen.seconds)} s, ${seen.tasks} tasks`);
  say(`gallery: the longest task was ${seen.longest_parts}`);
  say(`gallery: without the browser's tidying up ${seen.own_parts}`);
  tell('gallery_pictures_scrolled', '', [seen.pictures]);
  tell('gallery_longest_task_cpu', 'ms', [seen.longest_cpu], LIMITS.task_ms);
  tell('gallery_longest_task_cpu_less_tidying', 'ms', [seen.own_cpu], LIMITS.task_ms);
  tell('gallery_tasks_over_50_ms_cpu', '', [seen.over_50_cpu]);
  tell('gallery_longest_task', 'ms', [seen.longest], LIMITS.task_ms);
  tell('gallery_longest_task_less_waiting', 'ms', [seen.longest_free], LIMITS.task_ms);
  tell('gallery_tasks_over_50_ms', '', [seen.long]);
  tell('gallery_tasks_over_50_ms_less_waiting', '', [seen.long_free]);
  tell('gallery_heap', 'MB', [seen.heap_mb]);
}

/** Ten charts of 2,000 points, mounted and painted, on a processor that is not slowed. */
async function timeCharts() {
  const folder = mkdtempSync(join(tmpdir(), 'pegbar-bench-web-'));
  await build({
    configFile: join(ROOT, 'packages/web/vite.config.ts'),
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      manifest: false,
      lib: {
        entry: join(ROOT, 'benchmarks/web-charts.tsx'),
        formats: ['es'],
        fileName: 'charts',
        cssFileName: 'charts',
      },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><html lang="en"><title>Charts</title><link rel="stylesheet" href="charts.css"><body><script type="module" src="charts.js"></script></body></html>',
  );
  const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
  const server = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : request.url.slice(1).replaceAll('..', '');
    const type = TYPES[extname(name)];
    const found = type && statSync(join(folder, name), { throwIfNoEntry: false });
    response.writeHead(found ? 200 : 404, { 'content-type': type ?? 'text/plain' });
    response.end(found ? readFileSync(join(folder, name)) : '');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction('globalThis.mountCharts !== undefined');
  const [values, free] = [[], []];
  for (let at = 0; at < MOUNTS; at++) {
    const waits = await watchWaits(browser);
    const took = await page.evaluate('globalThis.mountCharts()');
    await waits.stop();
    values.push(took);
    free.push(took - waits.between(Date.now() - took, Date.now()));
  }
  // The first one pays for code that is not compiled yet.
  tell('ten_charts_2000_points_first_mount', 'ms', values.slice(0, 1), LIMITS.mount_ms);
  tell('ten_charts_2000_points_first_mount_less_waiting', 'ms', free.slice(0, 1), LIMITS.mount_ms);
  tell('ten_charts_2000_points_mount', 'ms', values.slice(1), LIMITS.mount_ms);
  tell('ten_charts_2000_points_mount_less_waiting', 'ms', free.slice(1), LIMITS.mount_ms);
  await page.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
