/** Every page in a real browser over the simulated studio: it shows itself, in both themes, wide and narrow. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADDRESSES } from './addresses.mjs';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

/** By how many pixels the page scrolls sideways. */
const SIDEWAYS = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)';
/** Until what depends on the width is laid out again. */
const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

describe.skipIf(CHROMIUM === undefined)('the pages', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });

  it.each(ADDRESSES)(
    '%s is whole and accessible, in both themes, wide and narrow',
    async (_name, address) => {
      const tab = await openPage(browser, { url: studio.url });
      await tab.go(address!);
      expect(await tab.page.locator('h1').count()).toBe(1);
      expect(await tab.axe()).toEqual([]);
      // Only colours change with the theme, and the page follows the system without being asked anew.
      await tab.page.emulateMedia({ colorScheme: 'dark' });
      await tab.page.locator('html[data-theme=dark]').waitFor();
      expect(await tab.axe(['color-contrast'])).toEqual([]);
      expect(await tab.page.evaluate(SIDEWAYS)).toBe(0);
      await tab.page.setViewportSize({ width: 390, height: 844 });
      await tab.page.evaluate(TWO_FRAMES);
      expect(await tab.axe()).toEqual([]);
      expect(await tab.page.evaluate(SIDEWAYS)).toBe(0);
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
  );

  it('would say so if a page did wrong', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/start');
    await tab.page.evaluate(`
      document.querySelector('main').append(document.createElement('img'));
      const style = document.createElement('style');
      style.textContent = 'p { color: red }';
      document.head.append(style);
      fetch('http://127.0.0.2:9/').catch(() => undefined);
    `);
    await expect.poll(() => tab.faults.length).toBeGreaterThanOrEqual(2);
    expect(tab.faults.join('\n')).toMatch(/style-src[\s\S]*connect-src|connect-src[\s\S]*style-src/);
    expect(await tab.axe()).toEqual([expect.stringContaining('image-alt')]);
    await tab.page.emulateMedia({ colorScheme: 'dark' });
    await tab.page.evaluate(`
      const pale = document.createElement('p');
      pale.textContent = 'Dark on dark, and far too wide';
      Object.assign(pale.style, { color: '#222', width: '3000px' });
      document.querySelector('main').append(pale);
    `);
    expect(await tab.axe(['color-contrast'])).toEqual([expect.stringContaining('color-contrast')]);
    expect(await tab.page.evaluate(SIDEWAYS)).toBeGreaterThan(0);
    await tab.close();
  });

  it('opens in the theme of the system', async () => {
    const tab = await openPage(browser, { url: studio.url, theme: 'dark', width: 390 });
    await tab.go('/');
    expect(await tab.page.locator('html').getAttribute('data-theme')).toBe('dark');
    expect(await tab.page.evaluate(SIDEWAYS)).toBe(0);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('opens what hangs on the context bar, and keeps a typed range in the address', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/animation');
    await tab.page.click('[data-control=range]');
    await tab.page.fill('input[placeholder]', 'soon');
    await tab.page.keyboard.press('Enter');
    await tab.page.getByText('Not a range').waitFor();
    await tab.page.fill('input[placeholder]', '2d');
    await tab.page.keyboard.press('Enter');
    await tab.page.waitForURL(/from=now-2d/);
    await tab.page.click('[data-control=compare]');
    await tab.page.getByRole('button', { name: 'week before' }).click();
    await tab.page.waitForURL(/compare=week/);
    await tab.page.getByRole('link', { name: 'Home', exact: true }).first().click();
    await tab.page.waitForURL(/\/\?from=now-2d&compare=week/);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('opens what is looked for when Enter was pressed before the answer, once, and nothing where there is none', async () => {
    const tab = await openPage(browser, { url: studio.url });
    const { page } = tab;
    await tab.go('/errors');
    const rows = await page.evaluate("fetch('/api/v1/requests?limit=1').then((answer) => answer.json())");
    const id = (rows as { items: { request_id: string }[] }).items[0]!.request_id;
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/api/v1/find?**', async (route) => {
      await asked;
      await route.continue();
    });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill(id);
    await page.getByText('Looking for it').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('it opens when it is found').waitFor();
    expect(page.url()).toContain('/errors');
    answer();
    await page.waitForURL((url) => url.pathname === `/requests/${id}`);
    await page.getByRole('combobox').waitFor({ state: 'detached' });
    await page.goBack();
    await page.waitForURL(/\/errors/);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('no-such-thing-anywhere');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing is called no-such-thing-anywhere').waitFor();
    expect(page.url()).toContain('/errors');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('finds an id pasted anywhere, goes by letters, and shows a chart as a table', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/');
    const rows = await tab.page.evaluate("fetch('/api/v1/requests?limit=1').then((answer) => answer.json())");
    const id = (rows as { items: { request_id: string }[] }).items[0]!.request_id;
    await tab.page.keyboard.press('Control+k');
    await tab.page.getByRole('combobox').fill(id);
    await tab.page.getByRole('option').filter({ hasText: id }).first().waitFor();
    await tab.page.keyboard.press('Escape');
    await tab.page.keyboard.press('g');
    await tab.page.keyboard.press('a');
    await tab.page.waitForURL(/\/animation/);
    const figure = tab.page.locator('figure[aria-label^="Queue depth"]');
    await figure.focus();
    await tab.page.keyboard.press('ArrowRight');
    await tab.page.keyboard.press('t');
    await figure.getByRole('table').waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
