// How soon a page is there and how soon it answers, on a processor that is so many times slower.
import { watchWaits } from './web-waits.mjs';

/** Charts and figures come after the page; a page that is still not whole then is told as it is. */
const WHOLE_MS = 20_000;
/** Longer than any answer that is still one. */
const ANSWER_MS = 400;
/** Interactions shorter than this are not told by the browser. */
const LEAST_MS = 16;

/** A tab that keeps what the browser says of its speed. */
async function openSlowly(browser, throttle) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: throttle });
  await page.addInitScript(() => {
    globalThis.paints = [0];
    globalThis.interactions = [];
    new PerformanceObserver((list) =>
      globalThis.paints.push(...list.getEntries().map((one) => one.startTime)),
    ).observe({ type: 'largest-contentful-paint', buffered: true });
    new PerformanceObserver((list) => {
      for (const { interactionId, startTime, duration } of list.getEntries())
        if (interactionId > 0) globalThis.interactions.push([startTime, duration]);
    }).observe({ type: 'event', buffered: true, durationThreshold: 16 });
  });
  return { context, page };
}

/** What somebody does on any page. */
const ACTS = [
  (page) =>
    page
      .getByRole('button', { name: /theme$/ })
      .first()
      .click(),
  (page) => page.keyboard.press('['),
  (page) => page.keyboard.press('['),
  (page) => page.locator('nav[aria-label="Pages"] a').nth(1).hover(),
  (page) => page.keyboard.press('Control+k'),
  (page) => page.keyboard.press('e'),
  (page) => page.keyboard.press('Escape'),
];

/**
 * One first visit: the largest contentful paint, and the longest of some clicks and keys when the page is whole. The
 * same without the time that the page's thread waited for a core.
 */
export async function visit(browser, url, throttle) {
  const { context, page } = await openSlowly(browser, throttle);
  const waits = await watchWaits(browser);
  await page.goto(url, { waitUntil: 'load' });
  await page.locator('h1').first().waitFor();
  await page.waitForLoadState('networkidle', { timeout: WHOLE_MS }).catch(() => undefined);
  const [origin, lcp] = await page.evaluate('[performance.timeOrigin, Math.max(...globalThis.paints)]');
  for (const act of ACTS) {
    await act(page);
    await page.waitForTimeout(ANSWER_MS);
  }
  const told = await page.evaluate('globalThis.interactions');
  await waits.stop();
  await context.close();
  const free = ([start, took]) =>
    Math.max(LEAST_MS, took - waits.between(origin + start, origin + start + took));
  return {
    lcp,
    lcp_free: lcp - waits.between(origin, origin + lcp),
    inp: Math.max(LEAST_MS, ...told.map(([, took]) => took)),
    inp_free: Math.max(LEAST_MS, ...told.map(free)),
  };
}
