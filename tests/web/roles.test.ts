/** A viewer and a reviewer in a real browser: what they may not do has no button, and the server refuses it anyway. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { flaggedPicture } from './flagged.ts';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly scopes: readonly string[];
}
/** What acts are called on the pages; links and what only looks are not among them. */
const ACTS =
  /^(Accept|Edit|Re-roll|Reject|Keep trace|Trace is kept|Show,|Show img_|Make key|Make a key|Revoke|Declare|Add |Disable|Erase|Replay|Apply|Delete|Mute|Invite|Login link)/;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe.skipIf(CHROMIUM === undefined)('those who may only look', () => {
  let server: Server;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let admin: Tab;
  let image_id: string;
  beforeAll(async () => {
    server = await startServer({ args: ['--require-key'] });
    browser = await openBrowser();
    admin = await loggedIn(server.ready.login_url);
    const key = { authorization: `Bearer ${server.ready.key}` };
    image_id = await flaggedPicture(server.url, 'default', key);
    const record = {
      request_id: 'r-1',
      trace_id: TRACE,
      timestamp: Date.now() - 5_000,
      pipeline_stage: 'generate',
      outcome: 'succeeded',
      workload: 'single_image',
      model: { version: 'v1' },
      metrics: { latency_ms: 900 },
    };
    const told = await fetch(`${server.url}/api/v1/events`, {
      method: 'POST',
      body: JSON.stringify(record),
      headers: { ...key, 'content-type': 'application/json' },
    });
    expect(told.status).toBe(200);
    await asked(admin, 'POST', '/api/v1/flush', {});
  }, 120_000);
  afterAll(async () => {
    await admin?.close();
    await browser?.close();
    await server?.stop();
  });

  type Tab = Awaited<ReturnType<typeof openPage>>;
  const asked = <Answer>(tab: Tab, method: string, path: string, body?: unknown): Promise<Answer> =>
    tab.page.evaluate(
      `(async () => {
        const me = await (await fetch('/api/v1/me')).json();
        const answer = await fetch(${JSON.stringify(path)}, {
          method: ${JSON.stringify(method)},
          headers: { 'content-type': 'application/json', 'x-pegbar-csrf': me.csrf },
          ${body === undefined ? '' : `body: ${JSON.stringify(JSON.stringify(body))},`}
        });
        return { status: answer.status, json: await answer.json().catch(() => null) };
      })()`,
    );
  const loggedIn = async (link: string): Promise<Tab> => {
    const tab = await openPage(browser, { url: server.url });
    await tab.page.goto(link);
    await tab.page.getByRole('button', { name: 'Log in' }).click();
    await tab.page.locator('h1').first().waitFor();
    return tab;
  };
  const userWith = async (name: string, scopes: readonly string[]): Promise<Tab> => {
    await asked(admin, 'POST', '/api/v1/users', { name, tenant: '*', scopes });
    const { json } = await asked<{ json: { url: string } }>(
      admin,
      'POST',
      `/api/v1/users/${name}/login-link`,
      {},
    );
    return loggedIn(json.url);
  };

  it('have no button that acts, on any page, and every writing address refuses their session', async () => {
    const { json } = await asked<{ json: OpenApi }>(admin, 'GET', '/api/v1/openapi.json');
    const operations = operationsOf(json);
    expect(operations.length).toBeGreaterThan(20);

    const viewer = await userWith('viewer', ['read']);
    for (const { method, path, scopes } of operations) {
      if (scopes.includes('read')) continue;
      const { status } = await asked<{ status: number }>(
        viewer,
        method,
        path.replaceAll(/\{\w+\}/g, TRACE),
        {},
      );
      expect([method, path, status]).toEqual([method, path, 403]);
    }
    for (const path of [
      '/',
      '/safety',
      '/images',
      `/images/${image_id}`,
      '/requests/r-1',
      `/traces/${TRACE}`,
      '/start',
      '/releases',
      '/style',
      '/drift',
      '/drift/monitors',
      '/admin',
      '/admin?section=keys',
      '/admin?section=people',
      '/admin?section=privacy',
      '/admin?section=space',
      '/admin?section=tenants',
    ]) {
      await viewer.page.goto(server.url + path, { waitUntil: 'networkidle' });
      await viewer.page.locator('h1').first().waitFor();
      const acts = await viewer.page.getByRole('button', { name: ACTS, disabled: false }).allTextContents();
      expect([path, acts]).toEqual([path, []]);
    }
    expect(viewer.faults.filter((fault) => /policy|thrown/.test(fault))).toEqual([]);
    await viewer.close();
  });

  it('may see what is flagged with the scope unblur, which is written down under their name', async () => {
    const reviewer = await userWith('reviewer', ['read', 'unblur']);
    await reviewer.page.goto(`${server.url}/images/${image_id}`, { waitUntil: 'networkidle' });
    const answered = reviewer.page.waitForResponse((response) => response.url().includes('unblur=true'));
    await reviewer.page.getByRole('button', { name: 'Show, audited' }).click();
    expect((await answered).headers()['x-pegbar-flagged']).toBe('shown');
    const { json } = await asked<{ json: { items: { action: string; object: string; actor: string }[] } }>(
      admin,
      'GET',
      '/api/v1/audit?limit=20',
    );
    const looked = json.items.filter(
      ({ action, object }) => action === 'image.unblur' && object === image_id,
    );
    expect(looked.length).toBeGreaterThan(0);
    expect(JSON.stringify(looked)).toContain('reviewer');
    // Back on leaving: the next look is asked for anew.
    await reviewer.page.reload({ waitUntil: 'networkidle' });
    await reviewer.page.getByRole('button', { name: 'Show, audited' }).waitFor();
    await reviewer.close();
  });
});

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { description?: string }>>>>;
}
/** Everything that writes, with the scopes that the description names. */
function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { description = '' }]) => {
      const scopes = /Scopes?: ([\w ,]+)\./.exec(description)?.[1];
      if (method === 'get' || scopes === undefined) return [];
      return [{ method: method.toUpperCase(), path, scopes: scopes.split(/,? or |, /) }];
    }),
  );
}
