// A real Chromium, and what every page must not do in it: write to the console, break the policy, fail axe.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { CLOCK_MS, shiftClock } from './clock.mjs';

/** Debian's; `.ci/chromium.sh` installs it where it is missing. */
const PATHS = [process.env.PEGBAR_CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
export const CHROMIUM = PATHS.find((path) => path !== '' && existsSync(path));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A page that asks ten questions of two busy cores; what needs longer hangs. */
const WAIT_MS = 60_000;

export const openBrowser = () =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--force-color-profile=srgb'] });

/** Nothing asked for so long: what comes into sight later asks later. */
const QUIET_MS = 500;

/**
 * Watches what a page asks; the function that it answers waits until nothing was under way for half a second. Playwright
 * itself tells that once per navigation only.
 * @param {import('playwright-core').Page} page
 * @returns {() => Promise<void>}
 */
export function quietOf(page) {
  const under_way = new Set();
  let since = Date.now();
  const changed = () => {
    since = Date.now();
  };
  page.on('request', (request) => {
    under_way.add(request);
    changed();
  });
  for (const event of ['requestfinished', 'requestfailed'])
    page.on(event, (request) => {
      under_way.delete(request);
      changed();
    });
  return async () => {
    const until = Date.now() + WAIT_MS;
    while ((under_way.size > 0 || Date.now() - since < QUIET_MS) && Date.now() < until)
      await page.waitForTimeout(50);
  };
}

/** Pictures that were not kept answer 404, which every browser writes to its console: not a fault of a page. */
const isMissingPicture = (message) =>
  message.text().includes('404') && /\/api\/v1\/(?:thumbnails|artifacts)\//.test(message.location().url);

/**
 * A page of the studio with a list of everything that it did wrong.
 * @param {import('playwright-core').Browser} browser
 * @param {{ url: string, theme?: 'light' | 'dark', width?: number, height?: number }} options
 */
export async function openPage(browser, { url, theme = 'light', width = 1440, height = 900 }) {
  const phone = width < 720;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
    hasTouch: phone,
    isMobile: phone,
  });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !isMissingPicture(message))
      faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(?:data|blob):/.test(request.url()))
      faults.push(`asks another server: ${request.url()}`);
  });
  if (CLOCK_MS !== 0) await page.addInitScript(shiftClock, CLOCK_MS);
  await page.addInitScript(() => {
    globalThis.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return {
    page,
    context,
    faults,
    /** Opens an address and waits until nothing is asked any more. */
    async go(path) {
      await page.goto(url + path, { waitUntil: 'networkidle' });
      await page.locator('h1').first().waitFor();
    },
    /**
     * What axe finds, a line each.
     * @param {string[]} [rules] the only ones to look for, by id
     */
    async axe(rules) {
      // Through the debugger, which the page's policy does not bind.
      const session = await context.newCDPSession(page);
      await session.send('Runtime.evaluate', { expression: AXE });
      const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
      const answer = await session.send('Runtime.evaluate', {
        expression: `axe.run(document, ${options}).then((found) => JSON.stringify(found.violations))`,
        awaitPromise: true,
        returnByValue: true,
      });
      return JSON.parse(answer.result.value).map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map((node) => `${node.target.join(' ')} ${node.failureSummary}`)
            .slice(0, 3)
            .join(' | ')}`,
      );
    },
    close: () => context.close(),
  };
}
