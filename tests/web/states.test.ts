/** Every page where nothing has ever arrived, where everything is refused, and with what floats over it: axe, both themes, both widths. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../e2e/server.ts';
import { ADDRESSES } from './addresses.mjs';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

type Tab = Awaited<ReturnType<typeof openPage>>;
const SIDEWAYS = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)';
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
const ALL_MS = 600_000;
/** Sections of one page are made of the same parts: one of them stands for all. */
const PAGES = [
  ...ADDRESSES.filter(([name]) => !/^(?:admin-|drift-monitor$|gallery-)/.test(name!)).map(
    ([, path]) => path!,
  ),
  '/requests/none',
  '/traces/0af7651916cd43dd8448eb211c80319c',
  '/images/none',
  '/no-such-page',
];

const SETTLED_MS = 300;

/** What axe finds in light on a desk and in dark on a phone, with where it was found. */
async function lookedAt(tab: Tab, where: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (how: string): Promise<void> => {
    found.push(...(await tab.axe()).map((one: string) => `${where}, ${how}: ${one}`));
  };
  await tab.page.emulateMedia({ colorScheme: 'light' });
  await tab.page.setViewportSize(DESK);
  await look('desk');
  await tab.page.emulateMedia({ colorScheme: 'dark' });
  await tab.page.setViewportSize(PHONE);
  // What floats takes its new place: half-way, axe takes it for no dialog and misses the page under it.
  await tab.page.waitForTimeout(SETTLED_MS);
  await look('phone, dark');
  if ((await tab.page.evaluate(SIDEWAYS)) !== 0) found.push(`${where}: scrolls sideways on a phone`);
  return found;
}

describe.skipIf(CHROMIUM === undefined)('pages without their data', () => {
  let server: Server;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    server = await startServer({});
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it(
    'say that nothing has ever arrived, or what there is to do',
    async () => {
      const tab = await openPage(browser, { url: server.url });
      const found: string[] = [];
      for (const path of PAGES) {
        await tab.page.setViewportSize(DESK);
        await tab.go(path);
        expect([path, await tab.page.locator('h1').count()]).toEqual([path, 1]);
        found.push(...(await lookedAt(tab, path)));
      }
      expect(found).toEqual([]);
      expect(tab.faults.filter((fault) => !fault.includes('404'))).toEqual([]);
      await tab.close();
    },
    ALL_MS,
  );

  it(
    'lead to data that is old',
    async () => {
      await server.store([
        {
          timestamp: Date.now() - 40 * 86_400_000,
          request_id: 'r-old',
          image_id: 'i-old',
          pipeline_stage: 'generate',
          workload: 'single_image',
          model: { version: 'v1' },
          metrics: { latency_ms: 1840 },
          outcome: 'succeeded',
        },
      ]);
      const tab = await openPage(browser, { url: server.url });
      for (const path of ['/', '/single', '/requests', '/cost']) {
        await tab.page.goto(server.url + path);
        await tab.page.getByRole('button', { name: 'Jump to your data' }).first().click();
        await tab.page.waitForURL(/from=.*to=/);
        await tab.page.getByRole('button', { name: 'Jump to your data' }).waitFor({ state: 'detached' });
      }
      await tab.page.goBack();
      await tab.page.getByRole('button', { name: 'Jump to your data' }).first().waitFor();
      await tab.close();
    },
    ALL_MS,
  );

  it(
    'say what was refused, in the place of what they cannot show',
    async () => {
      const tab = await openPage(browser, { url: server.url });
      const error = { code: 'internal', message: 'It is told so', hint: 'Do this.' };
      await tab.page.route(
        (url) => url.pathname.startsWith('/api/v1/') && url.pathname !== '/api/v1/me',
        (route) =>
          route.fulfill({ status: 500, contentType: 'application/json', body: JSON.stringify({ error }) }),
      );
      const found: string[] = [];
      for (const path of PAGES) {
        await tab.page.setViewportSize(DESK);
        await tab.go(path);
        if (path !== '/no-such-page' && path !== '/start')
          await tab.page
            .locator('main')
            .getByText(/told so/)
            .first()
            .waitFor();
        found.push(...(await lookedAt(tab, path)));
      }
      expect(found).toEqual([]);
      expect(tab.faults.filter((fault) => /policy|thrown/.test(fault))).toEqual([]);
      await tab.close();
    },
    ALL_MS,
  );
});

const control =
  (name: string) =>
  (page: Page): Promise<void> =>
    page.locator('main').getByRole('button', { name }).locator('visible=true').first().click();

/** What floats, and what opens it from a page of the studio. */
const FLOATS: readonly (readonly [name: string, path: string, open: (page: Page) => Promise<void>])[] = [
  ['palette', '/errors', (page) => page.keyboard.press('Control+k')],
  ['keys', '/errors', (page) => page.keyboard.press('?')],
  ['range', '/errors', (page) => page.locator('[data-control=range]').click()],
  ['compare', '/errors', (page) => page.locator('[data-control=compare]').click()],
  ['segment', '/errors', (page) => page.locator('[data-control=segment]').click()],
  ['baseline of drift', '/drift', (page) => page.locator('[data-control=compare]').click()],
  ['metric of drift', '/drift', (page) => page.locator('[data-control=metric]').click()],
  ['release to compare with', '/releases/inkwash-v7', control('Against')],
  ['groups of pictures', '/images?from=now-2d', control('Group by')],
  ['confirmation', '/admin?section=keys', control('Revoke')],
];

describe.skipIf(CHROMIUM === undefined)('what floats', () => {
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
    'is accessible in both themes, on a desk and on a phone, and Escape closes it',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      const found: string[] = [];
      for (const [name, path, open] of FLOATS) {
        await page.setViewportSize(DESK);
        await tab.go(path);
        await open(page);
        const floating = page.locator('[role=dialog],[role=alertdialog]');
        await floating.waitFor();
        await page.waitForTimeout(500);
        found.push(...(await lookedAt(tab, name)));
        await page.keyboard.press('Escape');
        await floating.waitFor({ state: 'detached' });
      }
      for (const path of ['/requests?from=now-2d', '/images?from=now-2d', '/logs?from=now-2d']) {
        await page.setViewportSize(DESK);
        await tab.go(path);
        await page.locator('h1').click();
        await page.keyboard.press('j');
        const peek = page.locator('aside[data-peek]');
        await peek.waitFor();
        await page.waitForTimeout(1_000);
        found.push(...(await lookedAt(tab, `peek of ${path}`)));
        await page.keyboard.press('Escape');
        await peek.waitFor({ state: 'detached' });
      }
      expect(found).toEqual([]);
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
    ALL_MS,
  );
});
