// What the pages weigh, how soon they are there and how soon they answer, in a real Chromium over the simulated studio.
// Usage: node benchmarks/web.mjs [--repetitions 3] [--throttle 4]; needs a build and a Chromium.
// PEGBAR_STUDIO_URL takes a running server in place of a studio of its own.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { ADDRESSES } from '../tests/web/addresses.mjs';
import { CHROMIUM, openBrowser } from '../tests/web/browser.mjs';
import { startStudio } from '../tests/web/studio.mjs';
import { report } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '3' },
    throttle: { type: 'string', default: '4' },
  },
});
const repetitions = Number(options.repetitions);
const throttle = Number(options.throttle);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WEB = join(ROOT, 'packages/pegbar/dist/web');
const KB = 1024;
const BENCH = 'web';
/** Charts and figures come after the page; a page that is still not whole then is told as it is. */
const WHOLE_MS = 15_000;
const MOUNTS = 7;

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
report({
  bench: BENCH,
  metric: 'shell_script_gz',
  unit: 'KB',
  values: [weigh(shell).script],
  better: 'less',
});
report({ bench: BENCH, metric: 'shell_style_gz', unit: 'KB', values: [weigh(shell).style], better: 'less' });
for (const page of manifest[entry].dynamicImports ?? []) {
  const name = /pages\/([\w-]+)\//.exec(page)?.[1];
  if (!name) continue;
  const { script, style } = weigh(new Set([...shell, ...reached(page)]));
  report({ bench: BENCH, metric: `${name}_gz`, unit: 'KB', values: [script + style], better: 'less' });
}

if (CHROMIUM === undefined) {
  console.error('no Chromium: only what the pages weigh was measured');
  process.exit(0);
}
const browser = await openBrowser();
const studio = await startStudio();
try {
  for (const [name, address] of ADDRESSES) await timePage(name, studio.url + address);
  await timeCharts();
} finally {
  await browser.close();
  await studio.stop();
}

/** A tab whose processor is so many times slower, that keeps what the browser says of its speed. */
async function openSlowly() {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: throttle });
  await page.addInitScript(() => {
    globalThis.paints = [];
    globalThis.interactions = [];
    new PerformanceObserver((list) =>
      globalThis.paints.push(...list.getEntries().map((one) => one.startTime)),
    ).observe({
      type: 'largest-contentful-paint',
      buffered: true,
    });
    new PerformanceObserver((list) => {
      for (const one of list.getEntries())
        if (one.interactionId > 0) globalThis.interactions.push(one.duration);
    }).observe({ type: 'event', buffered: true, durationThreshold: 16 });
  });
  return { context, page };
}

/** Largest contentful paint of a first visit, and the longest of some clicks and keys on the page. */
async function timePage(name, url) {
  const [paints, answers] = [[], []];
  for (let at = 0; at < repetitions; at++) {
    const { context, page } = await openSlowly();
    await page.goto(url, { waitUntil: 'load' });
    await page.locator('h1').first().waitFor();
    await page.waitForLoadState('networkidle', { timeout: WHOLE_MS }).catch(() => undefined);
    paints.push(await page.evaluate('Math.max(...globalThis.paints)'));
    for (const act of [
      () =>
        page
          .getByRole('button', { name: /theme$/ })
          .first()
          .click(),
      () => page.keyboard.press('['),
      () => page.keyboard.press('['),
      () => page.locator('nav[aria-label="Pages"] a').nth(1).hover(),
      () => page.keyboard.press('Control+k'),
    ]) {
      await act();
      await page.waitForTimeout(300);
    }
    // Interactions shorter than 16 ms are not told.
    answers.push(await page.evaluate('Math.max(16, ...globalThis.interactions)'));
    await context.close();
  }
  report({ bench: BENCH, metric: `${name}_lcp_${throttle}x`, unit: 'ms', values: paints, better: 'less' });
  report({ bench: BENCH, metric: `${name}_inp_${throttle}x`, unit: 'ms', values: answers, better: 'less' });
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
  const values = [];
  for (let at = 0; at < MOUNTS; at++) values.push(await page.evaluate('globalThis.mountCharts()'));
  // The first one pays for code that is not compiled yet: it is what a visitor meets, and stands in the spread.
  report({ bench: BENCH, metric: 'ten_charts_2000_points_mount', unit: 'ms', values, better: 'less' });
  await page.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
