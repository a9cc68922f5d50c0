/** Drift in a real browser: what it is measured against is in the address, and a metric leads to its segments. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

describe.skipIf(CHROMIUM === undefined)('drift', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });

  it('keeps baseline and metric in the address, and opens a segment', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.page.goto(`${studio.url}/drift/latency_ms?by=tenant`);
    await tab.page.getByRole('region', { name: 'Drift by segment' }).getByRole('row').nth(1).waitFor();
    await tab.page.click('[data-control=compare]');
    await tab.page.getByRole('button', { name: '7 days before' }).click();
    await tab.page.waitForURL(/baseline=7d/);
    await tab.page.getByRole('region', { name: 'Drift by segment' }).getByRole('row').nth(1).click();
    await tab.page.waitForURL(/\/drift\/latency_ms\?.*filter=tenant/);
    await tab.page.getByRole('region', { name: 'In short' }).waitFor();
    expect(tab.page.url()).toContain('baseline=7d');
    await tab.page.click('[data-control=metric]');
    await tab.page.getByRole('button', { name: 'Queue wait' }).click();
    await tab.page.waitForURL(/\/drift\/queue_wait_ms\?/);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
