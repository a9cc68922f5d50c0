import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { ARTIFACT_BYTES, type Artifacts, createArtifacts, type PictureQuestion } from './artifacts.ts';
import { directoryFiles } from './directory.ts';
import { createWorkQueue } from './queue.ts';
import { startArtifactRetention } from './retention.ts';

const folder = mkdtempSync(join(tmpdir(), 'pegbar-artifacts-'));
let artifacts: Artifacts;
let png: Buffer;

async function* parts(bytes: Uint8Array, size = 7_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const put = (id: string, bytes: Uint8Array, declared = 'application/octet-stream', keepMetadata = true) =>
  artifacts.put('a', id, parts(bytes), { declared, keepMetadata });
const look = (image_id: string, more: Partial<PictureQuestion> = {}) =>
  artifacts.show({ tenant: 'a', image_id, uri: '', roots: [], thumbnail: false, blurred: false, ...more });
async function shown(image_id: string, more: Partial<PictureQuestion> = {}) {
  const result = await look(image_id, more);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

beforeAll(async () => {
  artifacts = createArtifacts({
    files: directoryFiles(join(folder, 'kept')),
    log: silentLog,
  });
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  png = await sharp({ create: { width: 600, height: 300, channels: 3, background: '#123', noise } })
    .withExif({ IFD0: { ImageDescription: 'a secret prompt' } })
    .png()
    .toBuffer();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('artifacts', () => {
  it('keep a thumbnail that is one already, and make one of anything else', async () => {
    const small = sharp(png).resize(300, 150).webp();
    const ready = await small.clone().toBuffer();
    const told = await small
      .clone()
      .withExif({ IFD0: { ImageDescription: 'a secret prompt' } })
      .toBuffer();
    await artifacts.putThumbnail('a', 'ready', parts(ready));
    await artifacts.putThumbnail('a', 'told', parts(told));
    await artifacts.putThumbnail('a', 'large', parts(png));
    expect(Buffer.from((await shown('ready', { thumbnail: true })).bytes).equals(ready)).toBe(true);
    const cleaned = Buffer.from((await shown('told', { thumbnail: true })).bytes);
    expect(cleaned.includes('secret')).toBe(false);
    expect(await sharp((await shown('large', { thumbnail: true })).bytes).metadata()).toMatchObject({
      format: 'webp',
      width: 384,
      height: 192,
    });
    const cut = await artifacts.putThumbnail('a', 'cut', parts(ready.subarray(0, ready.length / 2)));
    expect(cut.ok).toBe(false);
  });

  it('come back byte by byte, with their measure and digest', async () => {
    expect(await put('p1', png, 'image/png')).toMatchObject({
      ok: true,
      value: {
        content_type: 'image/png',
        width: 600,
        height: 300,
        bytes: png.length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(Buffer.from((await shown('p1')).bytes).equals(png)).toBe(true);
    expect((await look('p2')).ok).toBe(false);
    expect(
      await artifacts.show({
        tenant: 'b',
        image_id: 'p1',
        uri: '',
        roots: [],
        thumbnail: false,
        blurred: false,
      }),
    ).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    });
  });

  it('have a thumbnail of at most 384 pixels without metadata', async () => {
    await put('p1', png);
    const { bytes, content_type } = await shown('p1', { thumbnail: true });
    const told = await sharp(bytes).metadata();
    expect([content_type, told.width, told.height, told.exif]).toEqual(['image/webp', 384, 192, undefined]);
    expect((await sharp((await shown('p1', { size: 100 })).bytes).metadata()).width).toBe(100);
  });

  it('lose their metadata where prompts may not be stored', async () => {
    expect((await sharp(png).metadata()).exif).toBeDefined();
    expect((await put('p3', png, 'image/png', false)).ok).toBe(true);
    const told = await sharp((await shown('p3')).bytes).metadata();
    expect([told.exif, told.width]).toEqual([undefined, 600]);
    expect(Buffer.from((await shown('p3')).bytes).includes('secret')).toBe(false);
    const clip = Buffer.from('\0\0\0\x18ftypisom\0\0\0\0');
    expect(await put('p4', clip, 'video/mp4', false)).toMatchObject({ ok: false });
  });

  it.each([
    ['text', Buffer.from('hello, I am no picture'), 'application/octet-stream', 'unsupported_media_type'],
    ['html that says it is a picture', Buffer.from('<html><script>'), 'image/png', 'unsupported_media_type'],
    ['nothing', Buffer.alloc(0), 'image/png', 'unsupported_media_type'],
    [
      'svg',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'image/svg+xml',
      'unsupported_media_type',
    ],
    [
      'more than the limit',
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(ARTIFACT_BYTES)]),
      'image/png',
      'too_large',
    ],
  ])('refuse %s', async (_name, bytes, declared, code) => {
    expect(await put('bad', bytes, declared)).toMatchObject({ ok: false, error: { code } });
    expect((await look('bad')).ok).toBe(false);
  });

  it('refuse a cut picture and one of too many pixels, and leave the good one', async () => {
    await put('p5', png);
    expect((await put('p5', png.subarray(0, 20))).ok).toBe(false);
    await put('p8', png.subarray(0, 30_000));
    expect(await look('p8', { size: 10 })).toMatchObject({ ok: false, error: { code: 'not_found' } });
    const bomb = await sharp({
      create: { width: 12_000, height: 12_000, channels: 3, background: '#000' },
      limitInputPixels: false,
    })
      .png()
      .toBuffer();
    expect(await put('p5', bomb)).toMatchObject({ ok: false, error: { code: 'too_large' } });
    expect(Buffer.from((await shown('p5')).bytes).equals(png)).toBe(true);
  });

  it('are blurred beyond recognition, the thumbnail too', async () => {
    await put('p6', png);
    expect((await look('p6', { blurred: true, size: 1 })).ok).toBe(true);
    for (const thumbnail of [false, true]) {
      const { bytes } = await shown('p6', { blurred: true, thumbnail, size: 4_000 });
      const { width, height } = await sharp(bytes).metadata();
      expect(Math.max(width, height)).toBeLessThanOrEqual(384);
      // Neighbouring pixels of noise differ by tens; of a blurred picture by next to nothing.
      const { data } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
      let most = 0;
      for (let at = 1; at < width; at++) most = Math.max(most, Math.abs(data[at]! - data[at - 1]!));
      expect(most).toBeLessThan(12);
    }
  });

  it('are read by reference within the folders of the tenant only, links followed', async () => {
    const root = join(folder, 'pictures');
    mkdirSync(root);
    writeFileSync(join(root, 'in.png'), png);
    writeFileSync(join(folder, 'out.png'), png);
    symlinkSync(join(folder, 'out.png'), join(root, 'link.png'));
    const by = async (uri: string, roots = [root]): Promise<boolean> =>
      (await look('ref', { uri, roots })).ok;
    expect(await by(join(root, 'in.png'))).toBe(true);
    expect(await by(`file://${join(root, 'in.png')}`)).toBe(true);
    expect(await by(join(root, 'in.png'), [])).toBe(false);
    expect(await by(join(root, 'link.png'))).toBe(false);
    expect(await by(join(root, '..', 'out.png'))).toBe(false);
    expect(await by('in.png')).toBe(false);
    expect(await by(`${root}-other/in.png`)).toBe(false);
    expect(await by('/etc/passwd', ['/'])).toBe(false);
  });

  it('are deleted with their thumbnails, and expire', async () => {
    await put('p7', png);
    await shown('p7', { thumbnail: true });
    await artifacts.delete('a', ['p7', 'unknown']);
    expect([(await look('p7')).ok, (await look('p7', { thumbnail: true })).ok]).toEqual([false, false]);
    expect(await artifacts.expire('a', 0)).toBe(0);
    expect(await artifacts.expire('nobody', Date.now() + 1e6)).toBe(0);
    expect(await artifacts.expire('a', Date.now() + 1e6)).toBeGreaterThan(3);
    expect((await look('p1')).ok).toBe(false);
  });
});

it('pictures go when their tenant has kept them long enough', async () => {
  const day = 24 * 3_600_000;
  await put('p9', png);
  let now = Date.now();
  let tick = (): void => undefined;
  const clock = {
    ...systemClock,
    now: () => now,
    every(_ms: number, task: () => void) {
      tick = task;
      return () => undefined;
    },
  };
  const tenants = () => [
    { name: 'a', keep_ms: 30 * day },
    { name: 'b', keep_ms: day },
  ];
  startArtifactRetention({ artifacts, tenants, clock, log: silentLog });
  now += 29 * day;
  tick();
  await systemClock.sleep(50);
  expect((await look('p9')).ok).toBe(true);
  now += 2 * day;
  tick();
  await expect.poll(async () => (await look('p9')).ok).toBe(false);
});

it('a work queue runs so many at once, and turns away what would wait too long', async () => {
  const queue = createWorkQueue({ running: 2, waiting: 1 });
  let most = 0;
  let running = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
  };
  const turns = [queue.run(work), queue.run(work), queue.run(work), queue.run(work)];
  expect(turns.map((turn) => turn === null)).toEqual([false, false, false, true]);
  await Promise.all(turns);
  expect([most, running]).toEqual([2, 0]);
  expect(await queue.run(async () => 'again')).toBe('again');
});
