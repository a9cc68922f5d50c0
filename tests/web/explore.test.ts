/** From a list to a request, from a bar to its cause, from a box to what tells it apart: in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

/** For what a server has yet to load. */
const PATIENCE = { timeout: 30_000, interval: 250 };

/** One record, of now, as an OpenTelemetry SDK sends it. */
async function sendLog(otlp_http: string, body: string): Promise<void> {
  const record = {
    timeUnixNano: `${Date.now()}000000`,
    severityText: 'INFO',
    body: { stringValue: body },
  };
  const answer = await fetch(`${otlp_http}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

describe.skipIf(CHROMIUM === undefined)('requests, traces, errors and logs', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });

  it('narrows the list by a facet, moves by j, and opens a request with its waterfall', async () => {
    const tab = await openPage(browser, { url: studio.url });
    // An hour ago: requests of right now may be under way, or another test's.
    await tab.go('/requests?from=now-2d&to=now-1h&filter=workload%3Dsingle_image');
    await tab.page
      .getByRole('complementary', { name: 'Filters' })
      .getByRole('button', { name: /^succeeded/ })
      .click();
    await tab.page.waitForURL(/filter=outcome%3Dsucceeded/);
    await tab.page.getByRole('row').nth(2).waitFor();
    await tab.page.locator('h1').click();
    await tab.page.keyboard.press('j');
    await tab.page.waitForURL(/open=/);
    await tab.page.getByRole('link', { name: 'Open request' }).click();
    await tab.page.waitForURL(/\/requests\/req_/);
    const tree = tab.page.getByRole('tree');
    await tree
      .getByRole('treeitem', { name: /^generate/ })
      .first()
      .waitFor();
    await tab.page
      .getByText(/^This request took/)
      .first()
      .waitFor();
    await tree
      .getByRole('treeitem', { name: /^deliver/ })
      .first()
      .click();
    await tab.page.waitForURL(/span=/);
    const details = tab.page.getByRole('complementary', { name: 'Details' });
    await details.getByRole('button', { name: /^\d+ more$/ }).click();
    await details.getByText('boundary').waitFor();
    expect(await tab.axe()).toEqual([]);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('explains a box that was drawn over the latencies with keys', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/requests?from=now-2d&filter=workload%3Dsingle_image');
    const map = tab.page.locator('figure[aria-label^="Latency"]');
    await map.focus();
    for (const key of ['ArrowRight', 'ArrowUp', 'ArrowUp', 'ArrowUp']) await tab.page.keyboard.press(key);
    for (let at = 0; at < 8; at++) await tab.page.keyboard.press('Shift+ArrowUp');
    for (let at = 0; at < 30; at++) await tab.page.keyboard.press('Shift+ArrowLeft');
    await tab.page.keyboard.press('Enter');
    await tab.page.getByRole('button', { name: 'Explain', exact: true }).click();
    await tab.page.waitForURL(/\/explain\?.*select=timestamp/);
    await tab.page
      .getByRole('region', { name: 'Selection' })
      .getByText(/latency/)
      .waitFor();
    await tab.page.getByText(/in the rest of the range/).waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('explains a stretch of a chart among the requests that the chart is of', async () => {
    const tab = await openPage(browser, { url: studio.url });
    for (const [path, title, workload] of [
      ['/single?from=now-2d', 'Prompt to image', 'single_image'],
      ['/panels?from=now-2d', 'Success', 'batch_panels'],
      ['/animation?from=now-2d', 'Delivered and produced', 'animation'],
    ] as const) {
      await tab.page.goto(studio.url + path);
      const chart = tab.page.locator(`figure[aria-label^="${title}"]`).first();
      await chart.locator('canvas').waitFor();
      await chart.focus();
      for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Enter'])
        await tab.page.keyboard.press(key);
      await tab.page.getByRole('button', { name: 'Explain', exact: true }).click();
      await tab.page.waitForURL(/\/explain\?/);
      const asked = new URL(tab.page.url()).searchParams;
      expect([title, asked.getAll('filter')]).toEqual([title, [`workload=${workload}`]]);
      expect(asked.getAll('select').length).toBe(2);
    }
    await tab.close();
  }, 300_000);

  it('holds a request against its own version where none of the release before served in its week', async () => {
    const found = await fetch(
      `${studio.url}/api/v1/requests?from=${Date.now() - 2 * 86_400_000}&limit=1&filter=model_version%3Dcellmotion-v3&filter=outcome%3Dsucceeded`,
    );
    const [request] = ((await found.json()) as { items: { request_id: string }[] }).items;
    const tab = await openPage(browser, { url: studio.url });
    await tab.page.goto(`${studio.url}/requests/${request!.request_id}`);
    await tab.page.getByText(/median of cellmotion-v3, n\s=\s[1-9]/).waitFor();
    await tab.close();
  });

  it('leads from an error to the requests that have it', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/errors?from=now-7d');
    const by = tab.page.getByRole('link', { name: /^Requests with / }).first();
    await by.waitFor();
    await by.click();
    await tab.page.waitForURL(/\/requests\?.*filter=error_code/);
    await tab.page
      .getByRole('region', { name: 'Filters in force' })
      .getByText(/failed or timed.out/)
      .waitFor();
    await tab.page.getByRole('row').nth(1).waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('says that a request is not there, and takes a hostile id for a name', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.page.goto(`${studio.url}/requests/${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
    await tab.page.getByRole('heading', { name: 'No such request' }).waitFor();
    expect(await tab.page.locator('main img').count()).toBe(0);
    await tab.close();
  });

  it('follows logs over what was there, and keeps both when it stops', async () => {
    const tab = await openPage(browser, { url: studio.url });
    const me = (await fetch(`${studio.url}/api/v1/me`).then((answer) => answer.json())) as {
      otlp_http: string;
    };
    const name = `follow-${Date.now().toString(36)}`;
    const list = tab.page.getByRole('region', { name: 'Log records, newest first' });
    const told = (body: string) => list.getByText(`${name} ${body}`, { exact: true });
    await sendLog(me.otlp_http, `${name} was there before`);
    const stored = async (): Promise<number> => {
      const answer = await fetch(`${studio.url}/api/v1/logs?filter=body~${name}`);
      return ((await answer.json()) as { items: unknown[] }).items.length;
    };
    await expect.poll(stored, PATIENCE).toBe(1);
    await tab.go(`/logs?text=${name}`);
    await told('was there before').waitFor();
    await tab.page.getByRole('button', { name: 'Follow', exact: true }).click();
    await tab.page.waitForURL(/live=on/);
    await tab.page.getByText('Following: 0 records').waitFor();
    expect(await told('was there before').count()).toBe(1);
    await sendLog(me.otlp_http, `${name} came in since`);
    await expect.poll(() => told('came in since').count(), PATIENCE).toBe(1);
    expect(await told('was there before').count()).toBe(1);
    await tab.page.getByRole('button', { name: 'Pause' }).click();
    await tab.page.getByRole('button', { name: 'Stop following' }).click();
    await tab.page.waitForURL((url) => !url.search.includes('live'));
    await expect.poll(() => list.getByText(name).count(), PATIENCE).toBe(2);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
