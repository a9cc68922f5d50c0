/** What holds on every page: the address, the keys, the server away, the session over. */
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

/** The chart of errors and the map of latencies under it: two kinds of charts on a page that asks little. */
const ERRORS = '/errors?from=now-24h';
const CHART = 'figure[aria-label^="What failed"]';
const MAP = 'figure[aria-label^="Latency"]';
/** A page that is away asks again within ten seconds; this machine is busy. */
const RETURN_MS = 40_000;
const TEST_MS = 180_000;

const addressOf = (page: Page): string => page.url().replace(/^\w+:\/\/[^/]+/, '');
const refuse = (status: number, code: string) => (route: Route) =>
  route.fulfill({
    status,
    contentType: 'application/json',
    body: JSON.stringify({ error: { code, message: 'it is told so', hint: 'Do this.' } }),
  });

/** What the browser itself says of files that it cannot fetch. */
const IS_AWAY = /Failed to load|Unable to preload|dynamically imported/;

describe.skipIf(CHROMIUM === undefined)('across the pages', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });

  it(
    'a zoom is taken back by Back and by Escape, and another browser sees what was shared',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      await tab.go(ERRORS);
      const chart = page.locator(CHART);
      await chart.focus();
      for (const key of ['ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Enter'])
        await page.keyboard.press(key);
      await chart.getByRole('button', { name: 'Zoom' }).click();
      await page.waitForURL(/to=/);
      const zoomed = addressOf(page);
      const said = await page.locator('[data-control=range]').textContent();
      await page.goBack();
      expect(addressOf(page)).toBe(ERRORS);
      await page.goForward();
      expect(addressOf(page)).toBe(zoomed);
      await page.locator('h1').click();
      await page.keyboard.press('Escape');
      await page.waitForURL(studio.url + ERRORS);
      // A condition is another view of the page; how it is looked at is none.
      await page.goto(`${studio.url}${ERRORS}&filter=workload%3Dsingle_image`);
      await page.getByRole('button', { name: 'Live' }).click();
      await page.waitForURL(/live=on/);
      await page.locator('[data-control=compare]').click();
      await page.getByRole('button', { name: 'week before' }).click();
      await page.waitForURL(/compare=week/);
      await page.goBack();
      expect(addressOf(page)).not.toContain('compare=week');
      expect(addressOf(page)).toContain('live=on');
      const other = await openPage(browser, { url: studio.url });
      await other.go(zoomed);
      expect(await other.page.locator('[data-control=range]').textContent()).toBe(said);
      await other.page.reload();
      expect(addressOf(other.page)).toBe(zoomed);
      expect(await other.page.locator('[data-control=range]').textContent()).toBe(said);
      expect(tab.faults).toEqual([]);
      await other.close();
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'charts of every kind stand at one moment, have marks and a table, and zoom',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      await tab.go('/errors?from=now-2d');
      const [chart, map] = [page.locator(CHART), page.locator(MAP)];
      await map.scrollIntoViewIfNeeded();
      await map.getByRole('link').first().waitFor();
      expect(await chart.getByRole('link').count()).toBeGreaterThan(0);
      await chart.focus();
      await page.keyboard.press('ArrowRight');
      await map.locator('[class*=cross]').waitFor();
      await page.keyboard.press('Escape');
      await map.focus();
      await page.keyboard.press('ArrowLeft');
      await chart.locator('[class*=cross]').waitFor();
      await page.keyboard.press('Enter');
      await map.getByRole('button', { name: 'Zoom' }).waitFor();
      await page.keyboard.press('Escape');
      await map.getByRole('button', { name: 'Zoom' }).waitFor({ state: 'detached' });
      await map.focus();
      await page.keyboard.press('t');
      await page.getByRole('region', { name: 'Requests by latency and time' }).getByRole('table').waitFor();
      // Its button has the focus: the same key again would be lost, Enter is not.
      await page.keyboard.press('Enter');
      await map.waitFor();
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'rows are reached by j and k on a page without a list of its own, and what is pasted is looked for',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      await tab.go(ERRORS);
      const focused = (): Promise<string> =>
        page.evaluate('document.activeElement.closest("tr, li, [data-row]")?.textContent ?? ""');
      await page.getByRole('row').nth(1).waitFor();
      await page.locator('h1').click();
      await page.keyboard.press('j');
      const first = await focused();
      expect(first).not.toBe('');
      await page.keyboard.press('j');
      expect(await focused()).not.toBe(first);
      await page.keyboard.press('k');
      expect(await focused()).toBe(first);
      const { items } = (await page.evaluate(
        "fetch('/api/v1/requests?limit=50').then((answer) => answer.json())",
      )) as { items: { prompt_hash: string; trace_id: string }[] };
      // Of the newest the spans may be on their way still.
      const request = items.at(-1)!;
      const paste = (text: string): Promise<void> =>
        page.evaluate(
          `(() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData('text', ${JSON.stringify(text)});
            document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
          })()`,
        );
      await paste(`00-${request.trace_id}-b7ad6b7169203331-01`);
      await page
        .getByRole('option')
        .filter({ hasText: /trace of/ })
        .waitFor();
      await page.keyboard.press('Escape');
      await paste(`"${request.prompt_hash}",`);
      await page
        .getByRole('option')
        .filter({ hasText: /prompt of/ })
        .first()
        .click();
      await page.waitForURL(/\/requests\?from=.*filter=prompt_hash/);
      await page.getByRole('row').nth(1).waitFor();
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'stand while the server is away: what was there is kept, and all goes on when it is back',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      await tab.go(ERRORS);
      await page.locator(CHART).waitFor();
      let away = true;
      await page.route('**/*', (route) => (away ? route.abort('connectionrefused') : route.continue()));
      await page.keyboard.press('Control+k');
      await page.getByText('This cannot be opened now').waitFor();
      await page.getByRole('button', { name: 'Live' }).click();
      await page.getByText('The server has not answered since').waitFor({ timeout: RETURN_MS });
      expect(await page.locator(CHART).count()).toBe(1);
      await page.getByRole('link', { name: 'Cost', exact: true }).click();
      await page.getByRole('alert').filter({ hasText: 'opens by itself' }).waitFor();
      away = false;
      await page.getByRole('heading', { level: 1, name: /cost/i }).waitFor({ timeout: RETURN_MS });
      await page.getByText('The server has not answered since').waitFor({ state: 'detached' });
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      expect(tab.faults.filter((fault) => !IS_AWAY.test(fault))).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'keep what they show where a menu of theirs cannot be fetched, and open it when the server is back',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      let away = false;
      await page.route('**/*', (route) => (away ? route.abort('connectionrefused') : route.continue()));
      const menus = [
        ['/images?from=now-2d', 'Group by'],
        ['/releases/inkwash-v7', 'Against'],
        ['/drift', 'Metric'],
      ] as const;
      for (const [path, name] of menus) {
        away = false;
        await tab.go(path);
        const control = page.locator('main').getByRole('button', { name }).locator('visible=true').first();
        const title = await page.locator('h1').textContent();
        away = true;
        await control.click();
        await page.getByText('This cannot be opened now').waitFor();
        expect(await page.locator('h1').textContent()).toBe(title);
        away = false;
        await control.click();
        await page.locator('[role=menu],[role=dialog]').first().waitFor();
      }
      expect(tab.faults.filter((fault) => !IS_AWAY.test(fault))).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'ask for a login in place when the session is over, and are there again after it',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      await tab.go(ERRORS);
      await page.locator(CHART).waitFor();
      const over = refuse(401, 'unauthenticated');
      await page.route('**/api/v1/**', over);
      await page.getByRole('button', { name: 'Live' }).click();
      await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
      expect(await tab.axe()).toEqual([]);
      await page.unroute('**/api/v1/**', over);
      await page.evaluate("dispatchEvent(new Event('visibilitychange'))");
      await page.locator(CHART).waitFor();
      expect(addressOf(page)).toContain('live=on');
      await tab.close();
    },
    TEST_MS,
  );
});
