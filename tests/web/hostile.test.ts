/** What nobody should send: it stands on the pages as text, runs nothing, and pushes nothing aside. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import {
  BREAKOUT,
  ENDLESS,
  FILE_NAME,
  hostileRecords,
  hugeRecords,
  MARKUP,
  sendRecords,
} from './hostile.mjs';

const SIDEWAYS = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)';
/** A script of theirs ran, an element of theirs stands in the page, or an address of theirs is a link. */
const TAKEN = `[
  globalThis.pwned === undefined ? null : 'a script ran',
  ...[...document.querySelectorAll('main script, main style, main iframe, main img[onerror], main svg[onload], main b > script')]
    .map((element) => element.outerHTML.slice(0, 100)),
  ...[...document.querySelectorAll('img')].filter(({ src }) => /\\/x$/.test(src)).map(({ src }) => src),
  ...[...document.querySelectorAll('a[href]')].filter(({ protocol }) => !/^https?:$/.test(protocol)).map(({ href }) => href),
].filter(Boolean)`;
const SPAN = 'from=now-12h';
/** Each kind of mark once: findings, charts with pins and pegs, tables, tiles, facets, differences. */
const PAGES: readonly (readonly [string, string])[] = [
  ['home', `/?${SPAN}`],
  ['animation', `/animation?${SPAN}`],
  ['errors', `/errors?${SPAN}`],
  ['releases', '/releases'],
  ['safety', '/safety?from=now-2d'],
  ['the gallery', `/images?${SPAN}&group=loras`],
  ['requests', `/requests?${SPAN}`],
  ['explain', `/explain?${SPAN}&select=latency_ms%3E%3D2000`],
  ['cost', '/cost?from=now-2d'],
];
const HUGE: readonly string[] = ['home', 'animation', 'requests', 'cost'];

describe.skipIf(CHROMIUM === undefined)('what nobody should send', () => {
  const servers: Server[] = [];
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let hostile: string;
  let huge: string;
  beforeAll(async () => {
    servers.push(await startServer(), await startServer());
    [hostile, huge] = servers.map(({ url }) => url) as [string, string];
    expect(await sendRecords(hostile, hostileRecords())).toEqual([]);
    expect(await sendRecords(huge, hugeRecords())).toEqual([]);
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  /** Opens a page wide and narrow; what it did wrong. */
  const look = async (url: string, path: string): Promise<unknown> => {
    const tab = await openPage(browser, { url });
    await tab.go(path);
    const wide = { taken: await tab.page.evaluate(TAKEN), sideways: await tab.page.evaluate(SIDEWAYS) };
    await tab.page.setViewportSize({ width: 390, height: 844 });
    await tab.page.waitForTimeout(100);
    const narrow = { taken: await tab.page.evaluate(TAKEN), sideways: await tab.page.evaluate(SIDEWAYS) };
    const { faults } = tab;
    await tab.close();
    return { wide, narrow, faults };
  };
  const FINE = { taken: [], sideways: 0 };
  const CLEAN = { wide: FINE, narrow: FINE, faults: [] };

  it.each(PAGES)('does nothing on %s', async (_name, path) => {
    expect(await look(hostile, path)).toEqual(CLEAN);
  });

  it('does nothing on the pages of a request, a picture and a release, and is shown to the letter', async () => {
    for (const path of [
      '/requests/req_hostile_10',
      '/images/img_hostile_10',
      `/requests/${encodeURIComponent(`req ${MARKUP}`.slice(0, 94))}`,
    ])
      expect([path, await look(hostile, path)]).toEqual([path, CLEAN]);
    for (const name of [MARKUP, FILE_NAME, ENDLESS])
      expect([name, await look(hostile, `/releases/${encodeURIComponent(name)}`)]).toEqual([name, CLEAN]);
    const tab = await openPage(browser, { url: hostile });
    await tab.go('/images/img_hostile_10');
    await tab.page.getByText(MARKUP).first().waitFor();
    await tab.close();
  });

  it('does nothing as a filter, a group or an open item of the address', async () => {
    for (const [name, value] of [
      ['filter', `model_version=${MARKUP}`],
      ['from', MARKUP],
      ['open', BREAKOUT],
    ]) {
      const tab = await openPage(browser, { url: hostile });
      await tab.page.goto(`${hostile}/requests?${name}=${encodeURIComponent(value!)}`, {
        waitUntil: 'networkidle',
      });
      await tab.page.locator('h1').first().waitFor();
      expect([name, await tab.page.evaluate(TAKEN)]).toEqual([name, []]);
      expect(tab.faults.filter((fault) => /policy|thrown/.test(fault))).toEqual([]);
      await tab.close();
    }
  });

  it.each(PAGES.filter(([name]) => HUGE.includes(name)))(
    'has room beyond all measure on %s',
    async (_name, path) => {
      expect(await look(huge, path)).toEqual(CLEAN);
    },
  );

  it('has room on the pages of one request, one picture and one release', async () => {
    const release = encodeURIComponent(`model-10-${ENDLESS}`.slice(0, 200));
    for (const path of ['/requests/req_huge_10', '/images/img_huge_10', `/releases/${release}`])
      expect([path, await look(huge, path)]).toEqual([path, CLEAN]);
  });
});
