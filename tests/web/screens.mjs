// The pages as pictures, for docs/screens: light and dark at 1440, light at 390. `npm run screens [name…]`
// Prompts are Japanese too: without a font for them (Debian's fonts-noto-cjk) their captions are boxes. No test needs it.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { ADDRESSES } from './addresses.mjs';
import { CHROMIUM, openBrowser, openPage, quietOf } from './browser.mjs';
import { startStudio } from './studio.mjs';

const OUT = process.env.PEGBAR_SCREENS ?? join(dirname(fileURLToPath(import.meta.url)), '../../docs/screens');
const LOOKS = [
  ['1440-light', { theme: 'light', width: 1440 }],
  ['1440-dark', { theme: 'dark', width: 1440 }],
  ['390-light', { theme: 'light', width: 390, height: 844 }],
];
/** Lists without an end are shown as far as their mock-up goes, by width. */
const ENDLESS = new Set(['gallery', 'gallery-groups']);
const ENDLESS_PX = { 1440: 1165, 390: 1600 };
/** A third of a PNG, and text stays sharp. */
const PICTURE = { quality: 84, effort: 5 };
/** Live pictures are painted after the history is told. */
const PAINTED_MS = process.env.PEGBAR_STUDIO_URL ? 0 : 20_000;

/** A page of one thing has its address from what the studio holds: the slowest picture of the newest hours. */
async function addressOfTrace(url) {
  const answer = await fetch(`${url}/api/v1/requests?limit=200&filter=workload%3Dsingle_image`);
  const { items } = await answer.json();
  const told = items.filter(({ outcome, images }) => outcome === 'succeeded' && images > 0);
  const slowest = told.reduce((a, b) => (b.latency_ms > a.latency_ms ? b : a));
  return `/requests/${slowest.request_id}`;
}

if (CHROMIUM === undefined) throw new Error('no Chromium here: run .ci/chromium.sh');
const wanted = process.argv.slice(2);
const studio = await startStudio({ days: 9 });
await new Promise((resolve) => setTimeout(resolve, PAINTED_MS));
const browser = await openBrowser();
mkdirSync(OUT, { recursive: true });
try {
  const trace = ['trace', await addressOfTrace(studio.url)];
  for (const [name, address] of [...ADDRESSES, trace]) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const [look, options] of LOOKS) {
      const tab = await openPage(browser, { url: studio.url, ...options });
      const quiet = quietOf(tab.page);
      await tab.go(address);
      await quiet();
      // As tall as its content, so that what is stuck to the edges stands where it ends.
      const most = ENDLESS.has(name) ? ENDLESS_PX[options.width] : 6000;
      const height = Math.min(most, await tab.page.evaluate('document.documentElement.scrollHeight'));
      await tab.page.setViewportSize({ width: options.width, height });
      await quiet();
      await tab.page.waitForTimeout(400);
      const png = await tab.page.screenshot();
      await sharp(png)
        .webp(PICTURE)
        .toFile(join(OUT, `${name}-${look}.webp`));
      for (const fault of tab.faults) process.stderr.write(`${name} ${look}: ${fault}\n`);
      await tab.close();
    }
  }
} finally {
  await browser.close();
  await studio.stop();
}
