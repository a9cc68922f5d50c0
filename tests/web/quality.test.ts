/** Safety, style, cost and administration in a real browser: what each role may do, and that it is written down. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { flaggedPicture } from './flagged.ts';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

describe.skipIf(CHROMIUM === undefined)('quality, cost and administration', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });

  const ask = async (path: string, init: RequestInit = {}): Promise<Record<string, never>> => {
    const answer = await fetch(studio.url + path, {
      ...init,
      headers: { ...(init.body ? { 'content-type': 'application/json' } : {}) },
    });
    return (await answer.json()) as Record<string, never>;
  };

  it('shows a flagged picture to who may, and writes the look down', async () => {
    const id = await flaggedPicture(studio.url, 'review-test');
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/safety?from=now-2d&filter=tenant%3Dreview-test');
    const queue = tab.page.getByRole('region', { name: 'Review queue' });
    const show = queue.getByRole('button', { name: `Show ${id}` });
    await show.waitFor();
    const answered = tab.page.waitForResponse((response) => response.url().includes('unblur=true'));
    await show.click();
    const response = await answered;
    expect(response.headers()['x-pegbar-flagged']).toBe('shown');
    await queue.getByRole('button', { name: `Blur ${id}` }).waitFor();
    const audit = await ask('/api/v1/audit?limit=50');
    expect(audit.items).toContainEqual(expect.objectContaining({ action: 'image.unblur', object: id }));
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('says nothing of what was before until it is known', async () => {
    const tab = await openPage(browser, { url: studio.url });
    let held = 0;
    let release = (): void => undefined;
    const known = new Promise<void>((resolve) => {
      release = resolve;
    });
    await tab.page.route(/\/api\/v1\/(?:questions|kpis)\?/, async (route) => {
      const asked = decodeURIComponent(route.request().url());
      const ends = [...asked.matchAll(/[?&]to=(\d+)/g)].map(([, to]) => Number(to));
      if (ends.length > 0 && ends.every((to) => to < Date.now() - 86_400_000)) {
        held++;
        await known;
      }
      // The page may have been left by then.
      await route.continue().catch(() => undefined);
    });
    await tab.page.goto(`${studio.url}/safety`);
    const figures = tab.page.getByRole('region', { name: 'Key figures' });
    await figures.getByText(/of .* checked/).waitFor();
    expect(await figures.getByText(/nothing before/).count()).toBe(0);
    await expect.poll(() => held, { timeout: 60_000 }).toBeGreaterThan(0);
    release();
    await figures
      .getByText(/points|before/)
      .first()
      .waitFor();
    await tab.close();
  });

  it('refuses a viewer: no button, no admin page, and the server says no', async () => {
    const name = `viewer-${Date.now()}`;
    await ask('/api/v1/users', {
      method: 'POST',
      body: JSON.stringify({ name, tenant: '*', scopes: ['read'] }),
    });
    const link = await ask(`/api/v1/users/${name}/login-link`, { method: 'POST', body: '{}' });
    const tab = await openPage(browser, { url: studio.url });
    await tab.page.goto(link.url!);
    await tab.page.getByRole('button', { name: 'Log in' }).click();
    await tab.page.locator('h1').first().waitFor();
    await tab.go('/safety?from=now-2d');
    await tab.page.getByText('showing one needs the scope').waitFor();
    expect(await tab.page.getByRole('button', { name: /^Show img_/ }).count()).toBe(0);
    const status = (path: string): Promise<number> =>
      tab.page.evaluate(`fetch(${JSON.stringify(path)}).then((answer) => answer.status)`);
    const image_id = await flaggedPicture(studio.url, 'review-test');
    expect(await status(`/api/v1/thumbnails/${image_id}?unblur=true`)).toBe(403);
    for (const path of ['keys', 'users', 'tenants', 'storage', 'audit', 'dead-letters', 'opt-outs'])
      expect([path, await status(`/api/v1/${path}`)]).toEqual([path, 403]);
    await tab.page.goto(`${studio.url}/admin?section=keys`);
    await tab.page.getByText('admin').first().waitFor();
    expect(await tab.page.getByRole('button', { name: 'Make key' }).count()).toBe(0);
    await tab.close();
  });

  it('makes a key that is shown once, and revokes it after asking', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/admin?section=keys');
    const name = `farm ${Date.now()}`;
    await tab.page.getByLabel('Name', { exact: true }).fill(name);
    await tab.page.getByRole('button', { name: 'Make key' }).click();
    const key = await tab.page.locator('pre', { hasText: /^pk_/ }).first().textContent();
    expect(key?.trim()).toMatch(/^pk_\w{20,}$/);
    await tab.page.getByRole('button', { name: `Revoke ${name}` }).click();
    await tab.page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
    await tab.page
      .getByRole('row', { name: new RegExp(name) })
      .getByText(/^revoked/)
      .waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('finds one key among many, and keeps its act in sight whatever its name', async () => {
    const at = Date.now();
    const long = `many-${at}-${'m'.repeat(120)}`;
    for (const name of [...Array.from({ length: 24 }, (_, index) => `many-${at}-${index}.`), long])
      await ask('/api/v1/keys', {
        method: 'POST',
        body: JSON.stringify({ name, tenant: 'many-test', scopes: ['ingest'] }),
      });
    const tab = await openPage(browser, { url: studio.url, width: 390 });
    await tab.go('/admin?section=keys');
    const list = tab.page.getByRole('region', { name: 'List: keys' });
    await tab.page.getByRole('textbox', { name: 'Find' }).fill(`many-${at}-7.`);
    await expect.poll(() => list.getByRole('row').count()).toBe(2);
    await tab.page.getByRole('textbox', { name: 'Find' }).fill(long);
    const act = list.getByRole('button', { name: `Revoke ${long}` });
    await act.waitFor();
    const { x, width } = (await act.boundingBox())!;
    expect(x + width).toBeLessThan(390);
    await tab.page.getByRole('textbox', { name: 'Find' }).fill('no key of this name');
    await tab.page.getByText('Nothing of that name is here.').waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('declares a tenant by the document that stands beside the form', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/admin?section=tenants&tenant_name=*');
    const name = `quiet-${Date.now()}`;
    await tab.page.getByLabel('Name', { exact: true }).fill(name);
    await tab.page.getByLabel('Prompts', { exact: true }).selectOption('drop');
    await tab.page.getByLabel('Logs', { exact: true }).fill('7 fortnights');
    expect(await tab.page.locator('pre').textContent()).toContain('prompts: drop');
    await tab.page.getByRole('button', { name: 'Declare tenant' }).click();
    await tab.page
      .getByRole('alert')
      .getByText(/retention/)
      .waitFor();
    await tab.page.getByLabel('Logs', { exact: true }).fill('7d');
    await tab.page.getByRole('button', { name: 'Declare tenant' }).click();
    await tab.page
      .getByRole('row', { name: new RegExp(name) })
      .getByText('its document')
      .waitFor();
    const tenants = await ask('/api/v1/tenants');
    expect(tenants.items).toContainEqual(
      expect.objectContaining({ name, policy: expect.objectContaining({ prompts: 'drop' }) }),
    );
    await tab.close();
  });

  it('erases a user by the id that senders send, at the tenant that is named, and says what went', async () => {
    const tenant = `erase-${Date.now()}`;
    const event = (user: string): Record<string, unknown> => ({
      tenant,
      request_id: `${tenant}-${user}`,
      image_id: `${tenant}-${user}-1`,
      user_id_hash: user,
      timestamp: Date.now() - 60_000,
      pipeline_stage: 'deliver',
      outcome: 'succeeded',
    });
    await ask('/api/v1/events', { method: 'POST', body: JSON.stringify([event('leaver'), event('stayer')]) });
    await ask('/api/v1/flush', { method: 'POST', body: '{}' });
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/admin?section=privacy');
    const act = tab.page.getByRole('button', { name: 'Erase what is stored' });
    const erase = async (user: string, told: RegExp): Promise<void> => {
      await tab.page.getByLabel('User', { exact: true }).fill(user);
      await act.click();
      const dialog = tab.page.getByRole('alertdialog', { name: `Erase all of ${user} at ${tenant}?` });
      await dialog.getByRole('button', { name: 'Erase' }).click();
      // The server first counts all that came before it.
      await tab.page.getByText(told).waitFor({ timeout: 120_000 });
    };
    await tab.page.getByLabel('User', { exact: true }).fill('leaver');
    // Of several tenants none is meant by itself.
    expect(await act.isDisabled()).toBe(true);
    await tab.page.getByLabel('Tenant', { exact: true }).fill(tenant);
    await erase('nobody', /nothing was erased/);
    await erase('leaver', /All of leaver is erased: 1 requests?,/);
    await tab.page.getByRole('region', { name: 'Erasures' }).getByText(tenant).first().waitFor();
    const left = await ask(`/api/v1/requests?tenant=${tenant}`);
    expect((left.items as unknown as { request_id: string }[]).map(({ request_id }) => request_id)).toEqual([
      `${tenant}-stayer`,
    ]);
    await tab.page.goto(`${studio.url}/images/${tenant}-leaver-1`);
    await tab.page.getByText('There is no such picture').waitFor();
    await tab.close();
  }, 300_000);

  it('divides cost by tenant, and shows what a collection should look like', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go('/cost?from=now-2d');
    await tab.page.getByRole('button', { name: 'Tenant', exact: true }).click();
    await tab.page.waitForURL(/by=tenant/);
    await tab.page.getByRole('region', { name: 'Cost by tenant' }).getByText('mangatan').waitFor();
    await tab.go('/style?from=now-2d&compare=day');
    const rows = tab.page.getByRole('region', { name: 'Collections' }).getByRole('button');
    await rows.nth(1).click();
    await tab.page.waitForURL(/collection=/);
    await tab.page.getByRole('heading', { name: 'What it should look like' }).waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});
