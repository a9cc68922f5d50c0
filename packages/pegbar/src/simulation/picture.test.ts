import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { artifactOf, createAlbum, specOf } from './album.ts';
import { exposuresOf, renderClip } from './clip.ts';
import { rasterOf, renderPicture } from './picture.ts';
import { type PictureSpec, parsePictureUri, pictureUri } from './picture-spec.ts';
import type { Raster } from './pixels.ts';
import { bundledScenarioText, loadScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const spec: PictureSpec = {
  image_id: 'img_0011223344556677',
  collection: 'kumo-spring',
  grade: 'spring',
  model_version: 'inkwash-v6',
  seed: '18446744073709551615',
  background: 'meadow',
  outfit: 'blue',
  face: 'smile',
  width: 768,
  height: 768,
  wash: 0,
  smear: 0,
  wobble: 0,
  shift: 0,
  panel: 0,
};

function saturation({ data }: Raster): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) {
    const rgb = [data[i]!, data[i + 1]!, data[i + 2]!];
    sum += Math.max(...rgb) - Math.min(...rgb);
  }
  return sum / (data.length / 3);
}

function difference(a: Raster, b: Raster): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs(a.data[i]! - b.data[i]!);
  return sum / a.data.length;
}

describe('pictures', () => {
  it('decode at the asked size, with the shape of the request', async () => {
    for (const grade of ['spring', 'noir', 'campus', 'paper', 'night']) {
      const webp = await renderPicture({ ...spec, grade, width: 832, height: 1216 }, 200);
      const { format, width, height } = await sharp(webp).metadata();
      expect([format, width, height]).toEqual(['webp', 137, 200]);
    }
  });

  it('are the same bytes for the same spec', async () => {
    expect(await renderPicture(spec, 128)).toEqual(await renderPicture({ ...spec }, 128));
  });

  it('differ by seed', async () => {
    const other = await rasterOf({ ...spec, seed: '4' }, 96);
    expect(difference(await rasterOf(spec, 96), other)).toBeGreaterThan(5);
  });

  it('of a bad release are paler, and bent in the face', async () => {
    const good = await rasterOf(spec, 160);
    const washed = await rasterOf({ ...spec, wash: 0.8 }, 160);
    expect(saturation(washed)).toBeLessThan(saturation(good) * 0.75);
    const smeared = await rasterOf({ ...spec, smear: 1 }, 160);
    expect(difference(good, smeared)).toBeGreaterThan(0.3);
    const wobbly = await rasterOf({ ...spec, wobble: 0.8 }, 160);
    expect(difference(good, wobbly)).toBeGreaterThan(1);
  });

  it('of a drifting collection are hotter', async () => {
    const drifted = await rasterOf({ ...spec, shift: 0.75 }, 160);
    expect(saturation(drifted)).toBeGreaterThan(saturation(await rasterOf(spec, 160)) * 1.1);
  });

  it('travel in their URI, and strange URIs are refused', () => {
    const planted = { ...spec, wash: 0.8, smear: 1, wobble: 0.25, shift: 0.5, panel: 3 };
    expect(parsePictureUri(pictureUri(planted))).toEqual(planted);
    for (const uri of [
      '',
      'file:///etc/passwd',
      'pegbar-sim:img?a&b',
      pictureUri(spec).replace('smile', '../x'),
    ]) {
      expect(parsePictureUri(uri)).toBeNull();
    }
  });
});

describe('the album', () => {
  it('takes pairs, newest and days, each picture once, and all of them can be rendered', async () => {
    const loaded = loadScenario(bundledScenarioText('studio'));
    if (!loaded.ok) throw new Error(loaded.error.message);
    const album = createAlbum({ newest: 40 });
    const to_ms = Date.UTC(2026, 10, 20, 15);
    for (const record of simulate(loaded.value, { seed: 1, from_ms: to_ms - 24 * 3_600_000, to_ms }))
      album.see(record);
    const pictures = album.pictures();
    expect(new Set(pictures.map((picture) => picture.uri)).size).toBe(pictures.length);
    expect(pictures.length).toBeGreaterThan(128 + 40);
    const washed = pictures.filter((picture) => specOf(picture).wash > 0.5);
    expect(washed.length).toBeGreaterThanOrEqual(64);
    const first = pictures[0]!;
    const webp = await renderPicture(specOf(first), 64);
    expect(artifactOf(first, specOf(first), webp)).toMatchObject({ type: 'artifact', bytes: webp.length });
  });
});

describe('clips', () => {
  it('hold every second drawing and lose the frames that were dropped', async () => {
    const clip = { picture: { ...spec, width: 768, height: 432 }, fps: 24, seconds: 1, dropped_share: 0.2 };
    const { webp, exposures, shown } = await renderClip(clip, 240);
    expect(exposures).toEqual(exposuresOf(clip));
    expect(exposures).toHaveLength(24);
    expect(exposures.filter((exposure) => exposure === 'dropped').length).toBeGreaterThan(0);
    for (let i = 1; i < shown.length; i++)
      if (exposures[i] !== 'exposed') expect(shown[i]).toBe(shown[i - 1]);
    const { pages = 0, delay = [] } = await sharp(webp, { animated: true }).metadata();
    expect(pages).toBeGreaterThan(4);
    expect(delay.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(1000, -2);
  });
});
