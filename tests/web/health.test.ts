/** Home, Start and the workloads: what changed is said, leads to where it shows, and from there to a request. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

describe.skipIf(CHROMIUM === undefined)('a studio with planted trouble', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });

  it('says on Home what broke, where, and what was deployed then', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/');
    await tab.page.getByRole('heading', { level: 1, name: /outside (?:its|their) objectives/ }).waitFor();
    const fps = tab.page.getByRole('link', { name: /Delivered FPS in ap-tokyo fell to/ });
    await fps.waitFor();
    expect(await fps.textContent()).toContain('cdn-cache-ttl');
    await tab.page.getByRole('link', { name: /of inkwash-v7 is .* inkwash-v6/ }).waitFor();
    await tab.page
      .getByRole('group', { name: /^Animation, .*: outside in/ })
      .first()
      .waitFor();
    await fps.click();
    await tab.page.waitForURL(/\/animation\?.*filter=region%3Dap-tokyo/);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('shows on Animation that it is not the release, and leads from an example to its request', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/animation?from=now-24h');
    await tab.page.getByRole('heading', { level: 1, name: /Delivered FPS in ap-tokyo fell to/ }).waitFor();
    await tab.page.getByText('Is it the release?').waitFor();
    await tab.page.getByRole('region', { name: 'Exposure sheet' }).waitFor();
    await tab.page
      .getByRole('link', { name: /^Example: seq_/ })
      .first()
      .click();
    await tab.page.waitForURL(/\/requests\//);
    await tab.close();
  });

  it('tells nothing where nothing changed', async () => {
    const asked = `${studio.url}/api/v1/findings?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`;
    const answer = (await fetch(asked).then((response) => response.json())) as { total: number };
    expect(answer.total).toBe(0);
  });
});

describe.skipIf(CHROMIUM === undefined)('a server that has nothing yet', () => {
  let server: Server;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    server = await startServer();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('listens, turns green with the first picture, and amber where lines are rejected', async () => {
    const tab = await openPage(browser, { url: server.url });
    await tab.go('/start?source=curl');
    await tab.page.getByRole('heading', { name: 'Listening' }).waitFor();
    expect(await tab.page.getByRole('tab', { selected: true }).textContent()).toContain('curl');
    await tab.page.getByRole('tabpanel').getByText(`${server.url}/api/v1/events`).waitFor();
    await server.store([
      {
        timestamp: new Date().toISOString(),
        request_id: 'r-1',
        image_id: 'i-1',
        pipeline_stage: 'generate',
        workload: 'single_image',
        model: { version: '<b>v7</b>' },
        metrics: { latency_ms: 1840 },
        outcome: 'succeeded',
      },
    ]);
    await tab.page.getByRole('heading', { name: 'Your first picture is here' }).waitFor();
    await tab.page.getByText('<b>v7</b>').waitFor();
    await fetch(`${server.url}/api/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"timestamp":"yesterday"}\n',
    });
    await tab.page.getByRole('heading', { name: 'Arriving, but 1 line was rejected' }).waitFor();
    expect(await tab.axe()).toEqual([]);
    await tab.close();
  });

  it('makes a key on the spot that stands in the commands, hidden until asked for', async () => {
    const tab = await openPage(browser, { url: server.url });
    await tab.go('/start');
    await tab.page.getByLabel('Tenant').fill('studio');
    await tab.page.getByRole('button', { name: 'Make a key' }).click();
    await tab.page.getByText('Your key is ready.').waitFor();
    const panel = tab.page.getByRole('tabpanel');
    expect(await panel.textContent()).toMatch(/PEGBAR_KEY=pk_\w+•+/);
    await tab.page.getByRole('button', { name: 'Show' }).click();
    expect(await panel.textContent()).toMatch(/pk_[\w-]{20,}/);
    const keys = (await fetch(`${server.url}/api/v1/keys`).then((answer) => answer.json())) as {
      items: { tenant: string; scopes: string[] }[];
    };
    expect(keys.items).toContainEqual(expect.objectContaining({ tenant: 'studio', scopes: ['ingest'] }));
    await tab.close();
  });
});
