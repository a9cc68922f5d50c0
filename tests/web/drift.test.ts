/** Drift in a real browser: from the list to the requests, from a form to a monitor and its preview, from a day to its mail. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

/** A sweep of a busy machine. */
const SWEEP_MS = 120_000;
const TEST_MS = 3 * SWEEP_MS;

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

  it(
    'leads from what drifted to a finding, and from there to its requests',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      await tab.page.goto(`${studio.url}/drift`);
      const list = tab.page.getByRole('region', { name: 'What drifted' });
      await list
        .getByText(/since|Nothing drifted/)
        .first()
        .waitFor({ timeout: SWEEP_MS });
      const found = list.locator('a[href*="/drift/"]').filter({ hasText: 'since' });
      expect(await found.count()).toBeGreaterThan(0);
      await found.first().click();
      await tab.page.waitForURL(/\/drift\/[a-z_0-9]+\?/);
      await tab.page.getByRole('region', { name: 'In short' }).waitFor({ timeout: SWEEP_MS });
      await tab.page.getByRole('region', { name: 'Likely cause' }).waitFor();
      await tab.page.getByRole('button', { name: 'Show the statistics' }).click();
      await tab.page.getByText('PSI less what chance gives').waitFor();
      await tab.page.getByRole('link', { name: 'Its requests' }).click();
      await tab.page.waitForURL(/\/requests\?.*filter=/);
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'declares a monitor, previews it, lists it and deletes it',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      const { page } = tab;
      const name = `from-the-page-${Date.now()}`;
      await page.goto(`${studio.url}/drift/monitors`);
      await page.getByRole('row', { name: /safety-flags/ }).waitFor();
      await page.getByRole('button', { name: 'New monitor' }).click();
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('Metric').selectOption('nsfw');
      await page.getByLabel('Window, hours').fill('0');
      await page.getByRole('button', { name: 'Declare monitor' }).click();
      await page
        .getByRole('alert')
        .filter({ hasText: /0 is not a whole number from 1 to 168/ })
        .waitFor();
      await page.getByLabel('Window, hours').fill('12');
      await page.getByRole('button', { name: 'Preview as it is now' }).click();
      await page
        .getByRole('heading', { name: /^Would (?:not )?have fired .*in 28 days$/ })
        .waitFor({ timeout: SWEEP_MS });
      await page.getByRole('button', { name: 'Declare monitor' }).click();
      await page.getByRole('status').filter({ hasText: 'Applied' }).waitFor();
      const row = page.getByRole('row', { name: new RegExp(name) });
      await row.waitFor();
      const told = (await fetch(`${studio.url}/api/v1/drift/monitors`).then((answer) => answer.json())) as {
        items: { name: string; origin: string; every_hours: number }[];
      };
      expect(told.items.find((one) => one.name === name)).toMatchObject({
        origin: 'declared',
        every_hours: 1,
      });
      await row.click();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete monitor' }).click();
      await page
        .getByRole('status')
        .filter({ hasText: `${name} is deleted` })
        .waitFor();
      await row.waitFor({ state: 'detached' });
      // The refused document is what it was about.
      expect(tab.faults.filter((fault) => !/status of 400/.test(String(fault)))).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );

  it(
    'shows the report of a day, which is the mail',
    async () => {
      const tab = await openPage(browser, { url: studio.url });
      await tab.page.goto(`${studio.url}/reports/drift/yesterday`);
      const title = tab.page.getByRole('heading', { level: 1, name: /drifted on/ });
      await title.waitFor({ timeout: SWEEP_MS });
      await tab.page.getByRole('region', { name: 'Key figures', exact: true }).waitFor();
      const href = await tab.page.getByRole('link', { name: 'As a mail' }).getAttribute('href');
      const mail = await fetch(new URL(href!, studio.url));
      expect(mail.headers.get('content-security-policy')).toContain("default-src 'none'");
      const said = (await title.textContent())!.replace(/ on .*$/, '');
      expect(await mail.text()).toContain(said);
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
    TEST_MS,
  );
});
