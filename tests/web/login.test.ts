/** Who opens the pages of a server that demands keys, and one that has nothing yet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';

describe.skipIf(CHROMIUM === undefined)('logging in', () => {
  let server: Server;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    server = await startServer({ args: ['--require-key'] });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('is by a link that works once; its session may write only with its token', async () => {
    const tab = await openPage(browser, { url: server.url });
    const refused: string[] = [];
    tab.page.on('response', (answer) => {
      if (answer.status() === 404) refused.push(answer.url());
    });
    const icon = await fetch(`${server.url}/favicon.ico`);
    expect([icon.status, icon.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    await tab.go('/animation');
    await tab.page.getByRole('heading', { name: 'Log in with a link' }).waitFor();
    expect(await tab.axe()).toEqual([]);
    await tab.page.goto(server.ready.login_url);
    await tab.page.getByRole('button', { name: 'Log in' }).click();
    await tab.page.getByText('Nothing has ever arrived').waitFor();
    expect(refused).toEqual([]);
    await tab.page.getByRole('link', { name: 'Send your first picture' }).click();
    await tab.page.getByRole('heading', { name: 'Send your first picture' }).waitFor();
    const [cookie] = await tab.context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    const write = (headers: string): Promise<number> =>
      tab.page.evaluate(
        `fetch('/api/v1/flush', { method: 'POST', headers: ${headers} }).then((answer) => answer.status)`,
      );
    expect(await write('{}')).toBe(403);
    const me = (await tab.page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")) as {
      csrf: string;
      kind: string;
    };
    expect(me.kind).toBe('session');
    expect(await write(JSON.stringify({ 'x-pegbar-csrf': me.csrf }))).toBe(200);
    const again = await openPage(browser, { url: server.url });
    await again.page.goto(server.ready.login_url);
    await again.page.getByRole('button', { name: 'Log in' }).click();
    await again.page.getByText('unknown, used or older').waitFor();
    await again.close();
    await tab.close();
  });
});
