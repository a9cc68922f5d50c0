/** The gallery, the page of a picture, releases: their main ways in a real browser over the simulated studio. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openBrowser, openPage } from './browser.mjs';
import { flaggedPicture } from './flagged.ts';
import { MOVE_IN_MS, sharedStudio } from './shared.ts';

describe.skipIf(CHROMIUM === undefined)('pictures and releases', () => {
  let studio: Awaited<ReturnType<typeof sharedStudio>>;
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    studio = await sharedStudio();
    browser = await openBrowser();
  }, MOVE_IN_MS);
  afterAll(async () => {
    await browser?.close();
  });
  const open = async (path: string) => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.go(path);
    return tab;
  };

  it('opens a picture beside the others, walks with j and k, filters by a facet, groups, and closes with Escape', async () => {
    const tab = await open('/images');
    await tab.page.locator('[aria-label=Pictures] li a').first().click();
    await tab.page.waitForURL(/open=/);
    await tab.page.getByText('How it came about').waitFor();
    const first = tab.page.url();
    await tab.page.locator('h1').click();
    await tab.page.keyboard.press('j');
    await tab.page.waitForURL((url) => url.href !== first);
    await tab.page.keyboard.press('k');
    await tab.page.waitForURL(first);
    await tab.page.keyboard.press('Escape');
    await tab.page.waitForURL((url) => !url.href.includes('open='));
    await tab.page.getByRole('button', { name: /^inkwash-v6/ }).click();
    await tab.page.waitForURL(/filter=model_version%3Dinkwash-v6/);
    await tab.page.getByText(/ of .* pictures\./).waitFor();
    await tab.page.getByRole('button', { name: /Group by/ }).click();
    await tab.page.getByRole('menuitem', { name: 'LoRA' }).click();
    await tab.page.waitForURL(/group=loras/);
    await tab.page.getByRole('button', { name: 'Show all' }).first().click();
    await tab.page.waitForURL(/filter=loras/);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('keeps a stretch of a score in the address', async () => {
    const tab = await open('/images');
    await tab.page.getByLabel('Style distance from').fill('0.3');
    await tab.page.keyboard.press('Enter');
    await tab.page.waitForURL(/style_distance%3E%3D0\.3/);
    await tab.page.getByText(/ of .* pictures\./).waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('shows a flagged picture only to who asks, and writes that down', async () => {
    const id = await flaggedPicture(studio.url, 'review-gallery');
    const tab = await open('/images?filter=nsfw_flag%3Dtrue&filter=tenant%3Dreview-gallery&from=now-2d');
    await tab.page.locator('[aria-label=Pictures] li a').first().click();
    const asked = tab.page.waitForResponse((answer) => answer.url().includes('unblur=true'));
    await tab.page.getByRole('button', { name: 'Show, audited' }).click();
    expect((await asked).ok()).toBe(true);
    expect(tab.page.url()).toContain(id);
    const audit = await tab.page.evaluate("fetch('/api/v1/audit?limit=50').then((answer) => answer.text())");
    expect(audit).toContain('image.unblur');
    expect(audit).toContain(id);
    // Both of its marks are read out once it is rejected too.
    const told = tab.page.waitForResponse((answer) => answer.url().includes('/api/v1/events'));
    await tab.page.getByRole('button', { name: 'Reject', exact: true }).click();
    expect((await told).ok()).toBe(true);
    await tab.page.evaluate("fetch('/api/v1/flush', { method: 'POST' })");
    await tab.go('/images?filter=nsfw_flag%3Dtrue&filter=tenant%3Dreview-gallery&from=now-2d');
    await tab.page.getByRole('link', { name: 'flagged picture, hidden, nsfw, rejected' }).waitFor();
    expect(await tab.axe(['label-content-name-mismatch'])).toEqual([]);
    await tab.close();
  });

  it('takes what people do with a picture', async () => {
    const tab = await open('/images');
    await tab.page.locator('[aria-label=Pictures] li a').first().click();
    const told = tab.page.waitForResponse((answer) => answer.url().includes('/api/v1/events'));
    await tab.page.getByRole('button', { name: 'Accept', exact: true }).click();
    expect(await (await told).json()).toMatchObject({ accepted: 1, rejected: [] });
    await tab.page.getByText(/^Accepted:/).waitFor();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('finds the planted release, says what it did in words, and lays its pictures beside those before', async () => {
    const tab = await open('/releases');
    await tab.page.getByRole('link', { name: 'inkwash-v7' }).click();
    await tab.page.getByRole('heading', { name: 'inkwash-v7 against inkwash-v6' }).waitFor();
    await tab.page
      .getByText(/p95 latency is/)
      .first()
      .waitFor();
    await tab.page.getByText('As many requests succeed').waitFor();
    await tab.page.getByText(/pair 1 of/).waitFor();
    await tab.page.keyboard.press('ArrowRight');
    await tab.page.waitForURL(/pair=2/);
    for (const [key, mode] of [
      ['w', 'wipe'],
      ['b', 'blink'],
      ['x', 'difference'],
    ]) {
      await tab.page.keyboard.press(key!);
      await tab.page.waitForURL(new RegExp(`mode=${mode}`));
    }
    expect(await tab.axe()).toEqual([]);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('compares a pair by hand: the cut is dragged, a double click looks closer, the wheel scrolls, keys go on', async () => {
    const tab = await open('/releases/inkwash-v7?mode=wipe');
    const { page } = tab;
    const frame = page.locator('[role=group][aria-label*="plus and minus"]').first();
    await frame.scrollIntoViewIfNeeded();
    const box = (await frame.boundingBox())!;
    const middle = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width / 2, middle);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 4, middle, { steps: 3 });
    await page.mouse.up();
    expect(Number(await page.getByRole('slider').inputValue())).toBeCloseTo(25, -1);
    // The picture has the focus now, and lets the keys through that are not its own.
    await page.keyboard.press('s');
    await page.waitForURL((url) => !url.search.includes('mode='));
    await frame.dblclick();
    const fit = page.getByRole('button', { name: 'Fit', exact: true });
    await fit.waitFor();
    await page.keyboard.press('1');
    await fit.waitFor({ state: 'detached' });
    const before = Number(await page.evaluate('scrollY'));
    await page.mouse.wheel(0, -120);
    await expect.poll(async () => Number(await page.evaluate('scrollY'))).toBeLessThan(before);
    expect(await fit.count()).toBe(0);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  it('says so where there is no such picture, version or pair', async () => {
    const tab = await openPage(browser, { url: studio.url });
    await tab.page.goto(`${studio.url}/images/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E`);
    await tab.page.getByText('there is no such picture').waitFor();
    await tab.page.goto(`${studio.url}/releases/${encodeURIComponent('"><script>alert(1)</script>')}`);
    await tab.page.getByText(/tells of this version/).waitFor();
    await tab.page.goto(`${studio.url}/releases/inkwash-v7?against=cellmotion-v3`);
    await tab.page.getByText('No equal pair').waitFor();
    await tab.close();
  });
});
