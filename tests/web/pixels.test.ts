/**
 * Pages as they look, against pictures that somebody has looked at: the clock stands still, the API answers what was
 * recorded, letters are the bundled ones. After a change that is meant, `PEGBAR_PIXELS=renew npx vitest run
 * tests/web/pixels.test.ts` takes them anew; where a page asks something else, `npm run pixels:record` first.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, startServer } from '../e2e/server.ts';
import { CHROMIUM } from './browser.mjs';
import { comparePictures } from './pixels/compare.ts';
import { SCENES } from './pixels/scenes.mjs';
import { onStage, openStage, readRecording } from './pixels/stage.mjs';

const KNOWN = join(dirname(fileURLToPath(import.meta.url)), 'pixels/known');
const RENEW = process.env.PEGBAR_PIXELS === 'renew';
type Scene = (typeof SCENES)[number];

// Without Chromium these are skipped, and the run says so by the name.
describe.skipIf(CHROMIUM === undefined)('pages look as they did (skipped where there is no Chromium)', () => {
  let server: Server;
  let browser: Awaited<ReturnType<typeof openStage>>;
  beforeAll(async () => {
    // Its files are served, its data never asked.
    server = await startServer();
    browser = await openStage();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const shown = async (scene: Scene, spoil = ''): Promise<{ png: Buffer; missing: readonly string[] }> => {
    const { now_ms, address, answers } = readRecording(scene.recording);
    const stage = await onStage(browser, { ...scene, url: server.url, now_ms, answers });
    await stage.go(address);
    if (spoil !== '') await stage.page.addStyleTag({ content: spoil });
    const png = await stage.page.screenshot({ animations: 'disabled' });
    await stage.close();
    return { png, missing: stage.missing };
  };

  it.each(SCENES.map((scene) => [scene.name, scene] as const))('%s', async (name, scene) => {
    const { png, missing } = await shown(scene);
    expect(missing, 'asked but not recorded: npm run pixels:record').toEqual([]);
    const file = join(KNOWN, `${name}.png`);
    if (RENEW) {
      mkdirSync(KNOWN, { recursive: true });
      if (!existsSync(file) || !comparePictures(png, readFileSync(file)).same) writeFileSync(file, png);
      return;
    }
    expect(existsSync(file), `there is no ${file}: PEGBAR_PIXELS=renew makes it`).toBe(true);
    const { same, share, tile, picture } = comparePictures(png, readFileSync(file));
    if (same) return;
    const folder = mkdtempSync(join(tmpdir(), `pegbar-pixels-${name}-`));
    writeFileSync(join(folder, 'now.png'), png);
    if (picture) writeFileSync(join(folder, 'difference.png'), picture);
    const most = `${(tile.share * 100).toFixed(0)} % of the tile at ${tile.x}, ${tile.y}`;
    expect.fail(
      `${name} looks otherwise: ${(share * 100).toFixed(2)} % of all pixels, ${most}.\n` +
        `See ${folder}; where it is meant: PEGBAR_PIXELS=renew npx vitest run tests/web/pixels.test.ts`,
    );
  });

  it.skipIf(RENEW).each([
    ['another colour of what is outside its objective', ':root { --crit-mark: #c08010 !important }'],
    [
      'a heading of another weight and size',
      'h1 { font-size: 24px !important; font-weight: 400 !important }',
    ],
    ['cells that stand closer', ':root { --cell: 8px !important }'],
    ['lines without their colour', ':root { --ink: #556 !important }'],
  ])('would say so of %s', async (_what, spoil) => {
    const scene = SCENES[0]!;
    const { png } = await shown(scene, spoil);
    expect(comparePictures(png, readFileSync(join(KNOWN, `${scene.name}.png`))).same).toBe(false);
  });
});
