/** `import images` and `watch` against a server that keeps what it is sent, as the real one does. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { parseLine } from '@pegbar/contract';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { chunk, png, tEXt, webp } from '../importers/images/testkit.ts';
import { cli, fakeServer, type Routes } from './testkit.ts';

const stops: (() => Promise<void>)[] = [];
let folder = '';
let pictures = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pegbar-images-'));
  pictures = join(folder, 'pictures');
  mkdirSync(pictures);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  rmSync(folder, { recursive: true, force: true });
});

type Line = Record<string, unknown> & { event_id: string };

async function store(changes: (base: Routes) => Routes = (base) => base) {
  const records = new Map<string, Line>();
  const thumbnails = new Map<string, number>();
  const base: Routes = {
    'POST /api/v1/events': ({ body }) => {
      const verdict = { accepted: 0, duplicates: 0, rejected: [] as unknown[] };
      for (const [index, line] of body.trim().split('\n').entries()) {
        const parsed = parseLine(line);
        const record = JSON.parse(line) as Line;
        if (!parsed.ok) verdict.rejected.push({ line: index + 1, ...parsed.error });
        else if (records.has(record.event_id)) verdict.duplicates++;
        else {
          records.set(record.event_id, record);
          verdict.accepted++;
        }
      }
      return { body: verdict };
    },
    'PUT /api/v1/thumbnails/*': ({ path }) => {
      const id = path.split('/').at(-1)!;
      thumbnails.set(id, (thumbnails.get(id) ?? 0) + 1);
      return {};
    },
  };
  const server = await fakeServer(changes(base));
  stops.push(server.stop);
  const run = async (...argv: string[]) => {
    const ran = await cli([...argv, '--url', server.url, '--json'], { env: { XDG_STATE_HOME: folder } });
    return { ...ran, told: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) };
  };
  const ofType = (type: string): Line[] => [...records.values()].filter((one) => one.type === type);
  return { records, thumbnails, server, run, ofType };
}

const infotext = (seed: number): string =>
  `a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: ${seed}, Size: 512x512, Model: m1`;
const put = (name: string, bytes: Uint8Array): string => {
  const path = join(pictures, name);
  writeFileSync(path, bytes);
  return path;
};
const many = (count: number): void => {
  for (let n = 0; n < count; n++)
    put(`p${String(n).padStart(4, '0')}.png`, png({ chunks: [tEXt('parameters', infotext(n))] }));
};

test('a picture becomes its record, the request that made it and a thumbnail, by reference', async () => {
  const { run, records, thumbnails, server } = await store();
  const path = put('a b.png', png({ chunks: [tEXt('parameters', infotext(7))] }));
  const { exit, told } = await run(
    'import',
    'images',
    pictures,
    '--collection',
    'noir',
    '--tenant',
    'studio-a',
  );
  expect(exit).toBe(0);
  expect(told).toMatchObject({ read: 1, accepted: 1, duplicates: 0, rejected: 0, generators: { a1111: 1 } });
  const [stage, artifact] = [...records.values()];
  const digest = String(artifact?.image_id);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(artifact).toMatchObject({
    type: 'artifact',
    sha256: digest,
    uri: `file://${path.replace(' ', '%20')}`,
    width: 4,
    height: 4,
    kind: 'image',
    collection: 'noir',
    tenant: 'studio-a',
    workload: 'single_image',
    request_id: stage?.request_id,
  });
  expect(stage).toMatchObject({
    type: 'stage',
    image_id: digest,
    outcome: 'succeeded',
    pipeline_stage: 'generate',
    tenant: 'studio-a',
    model: { version: 'm1' },
    prompt: { text: 'a cat', negative: 'dog' },
    params: { sampler: 'Euler a', steps: 20, cfg: 7, seed: '7', resolution: { width: 512, height: 512 } },
  });
  expect([...thumbnails.keys()]).toEqual([digest]);
  expect(server.seen.find((one) => one.method === 'PUT')?.query.get('tenant')).toBe('studio-a');
  expect(
    server.seen.filter((one) => one.path === '/api/v1/events').map((one) => one.query.get('import')),
  ).toEqual(['images', 'images']);
});

test('a clip is one picture with its frames', async () => {
  const { run, ofType } = await store();
  put('clip.webp', webp({ durations: [40, 40, 40, 40] }));
  await run('import', 'images', pictures);
  expect(ofType('frames')).toMatchObject([
    { side: 'produced', frames: 4, window_s: 0.16, workload: 'animation' },
  ]);
  expect(ofType('artifact')).toMatchObject([{ kind: 'video', workload: 'animation' }]);
});

test('a second run reads nothing again; without its memory it finds duplicates; what is new is added', async () => {
  const { run, records, thumbnails } = await store();
  many(450);
  expect((await run('import', 'images', pictures)).told).toMatchObject({
    read: 450,
    accepted: 450,
    known: 0,
  });
  const before = records.size;
  expect((await run('import', 'images', pictures)).told).toMatchObject({
    read: 450,
    accepted: 0,
    duplicates: 0,
    known: 450,
  });
  // One of them was sent again to prove that the server is the same.
  expect([...thumbnails.values()].reduce((sum, times) => sum + times)).toBe(451);
  rmSync(join(folder, 'pegbar'), { recursive: true });
  expect((await run('import', 'images', pictures)).told).toMatchObject({
    accepted: 0,
    duplicates: 450,
    known: 0,
  });
  expect(records.size).toBe(before);
  put('new.png', png({ chunks: [tEXt('parameters', infotext(9_999))] }));
  expect((await run('import', 'images', pictures)).told).toMatchObject({ accepted: 1, known: 450 });
});

test('the same picture in two folders is one picture', async () => {
  const { run, ofType } = await store();
  mkdirSync(join(pictures, 'copy'));
  put('one.png', png());
  put('copy/two.png', png());
  expect((await run('import', 'images', pictures)).told).toMatchObject({
    read: 2,
    accepted: 1,
    duplicates: 1,
  });
  expect(ofType('artifact')).toHaveLength(1);
});

test('a new store behind the same address gets everything', async () => {
  const { run, records } = await store();
  many(30);
  await run('import', 'images', pictures);
  records.clear();
  expect((await run('import', 'images', pictures)).told).toMatchObject({ read: 30, known: 0 });
  expect([...records.values()].filter((one) => one.type === 'artifact')).toHaveLength(30);
});

test('a server that goes away in the middle ends the run with status 3, and the next one goes on', async () => {
  let left = 250;
  const { run, ofType } = await store((base) => ({
    ...base,
    'PUT /api/v1/thumbnails/*': (seen) =>
      left-- > 0 ? base['PUT /api/v1/thumbnails/*']!(seen) : { hangUp: true },
  }));
  many(400);
  const first = await run('import', 'images', pictures);
  expect(first.exit).toBe(3);
  expect(first.stderr).toContain('goes on from here');
  left = Number.POSITIVE_INFINITY;
  const second = await run('import', 'images', pictures);
  expect(second.exit).toBe(0);
  expect(second.told.known).toBe(200);
  expect(ofType('artifact')).toHaveLength(400);
});

test('pipes, loops, bombs, cut and foreign files stop nothing, and each has its reason', async () => {
  const { run, ofType, thumbnails } = await store();
  const good = png({ chunks: [tEXt('parameters', infotext(1))] });
  put('good.png', good);
  put('with\nnewline.png', png({ chunks: [tEXt('parameters', infotext(2))] }));
  writeFileSync(
    Buffer.concat([Buffer.from(`${pictures}/`), Buffer.from([0x62, 0xff, 0xfe]), Buffer.from('.png')]),
    png({ width: 5 }),
  );
  put('cut.png', png({ width: 60, height: 60, chunks: [tEXt('parameters', infotext(3))] }).subarray(0, -40));
  put('empty.png', Buffer.alloc(0));
  put('words.png', Buffer.from('no picture at all'));
  put('bomb.png', bomb(60_000, 60_000));
  put('huge-text.png', png({ chunks: [tEXt('parameters', 'x'.repeat(9 * 1_048_576))] }));
  put('notes.txt', Buffer.from('text'));
  put('.hidden.png', good);
  execFileSync('mkfifo', [join(pictures, 'pipe.png')]);
  symlinkSync(pictures, join(pictures, 'loop'));
  symlinkSync('nowhere.png', join(pictures, 'dangling.png'));
  symlinkSync('self.png', join(pictures, 'self.png'));
  symlinkSync('/dev/zero', join(pictures, 'zero.png'));
  const { exit, told, stderr } = await run('import', 'images', pictures);
  expect(exit).toBe(1);
  expect(told).toMatchObject({ read: 12, accepted: 6, rejected: 6, other_files: 1, hidden: 1 });
  const reasons = Object.fromEntries(
    told.reasons.map((one: { code: string; count: number }) => [one.code, one.count]),
  );
  expect(reasons).toEqual({ empty: 1, not_a_picture: 1, not_a_file: 2, not_found: 1, link_loop: 1 });
  const notes = Object.fromEntries(
    told.notes.map((one: { code: string; count: number }) => [one.code, one.count]),
  );
  expect(notes).toEqual({ truncated: 1, damaged: 1, too_many_pixels: 1, no_metadata: 3 });
  expect(thumbnails.size).toBe(4);
  const uris = ofType('artifact').map((one) => String(one.uri).slice(`file://${pictures}/`.length));
  expect(uris.sort()).toEqual([
    'b%FF%FE.png',
    'bomb.png',
    'cut.png',
    'good.png',
    'huge-text.png',
    'with%0Anewline.png',
  ]);
  expect(stderr).not.toContain('with\nnewline');
});

/** A header that promises so many pixels, and data that unpacks to some of them. */
function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const data = deflateSync(Buffer.alloc(32 * 1_048_576));
  return Buffer.concat([magic, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

test('an empty folder is status 2, a folder that is not there too', async () => {
  const { run } = await store();
  expect((await run('import', 'images', pictures)).exit).toBe(2);
  const missing = await run('import', 'images', join(folder, 'gone'));
  expect(missing.exit).toBe(2);
  expect(missing.told.reasons).toMatchObject([{ code: 'not_found', count: 1 }]);
});

test('thumbnails keep the proportions, at most 384 pixels long', async () => {
  const bodies: Buffer[] = [];
  const { run } = await store((base) => ({
    ...base,
    'PUT /api/v1/thumbnails/*': ({ body }) => {
      bodies.push(Buffer.from(body));
      return {};
    },
  }));
  put(
    'wide.png',
    await sharp({ create: { width: 1_200, height: 300, channels: 3, background: 'teal' } })
      .png()
      .toBuffer(),
  );
  const seen = await run('import', 'images', pictures);
  expect(seen.exit).toBe(0);
  expect(bodies).toHaveLength(1);
});

test('watch of what is no folder ends at once with status 2', async () => {
  const ran = await cli(['watch', join(folder, 'gone')], { env: { XDG_STATE_HOME: folder } });
  expect([ran.exit, ran.stderr]).toEqual([2, expect.stringContaining('is no folder that can be read')]);
});

test('watch sends what is there, then what comes once it is whole, and survives a server that is away', async () => {
  let away = false;
  let refused = 0;
  const { server, ofType, run } = await store((base) =>
    Object.fromEntries(
      Object.entries(base).map(([name, route]) => [
        name,
        (seen) => {
          if (!away) return route(seen);
          refused += 1;
          return { status: 500, body: { error: { code: 'internal', message: 'away' } } };
        },
      ]),
    ),
  );
  many(2);
  await run('import', 'images', pictures);
  put('third.png', png({ chunks: [tEXt('parameters', infotext(3))] }));
  const stop = new AbortController();
  const until = async (count: number): Promise<void> => {
    for (let tries = 0; ofType('artifact').length < count && tries < 600; tries++)
      await systemClock.sleep(50);
    expect(ofType('artifact')).toHaveLength(count);
  };
  const running = cli(['watch', pictures, '--url', server.url, '--rescan', '3600', '--format', 'ndjson'], {
    env: { XDG_STATE_HOME: folder },
    clock: systemClock,
    signal: stop.signal,
  });
  await until(3);
  // Half a file is not sent; the whole one is.
  const whole = png({ width: 80, height: 80, chunks: [tEXt('parameters', infotext(50))] });
  put('slow.png', whole.subarray(0, 200));
  await systemClock.sleep(2_500);
  put('slow.png', whole);
  mkdirSync(join(pictures, 'later'));
  await systemClock.sleep(300);
  put('later/deep.png', png({ chunks: [tEXt('parameters', infotext(51))] }));
  await until(5);
  away = true;
  put('meanwhile.png', png({ chunks: [tEXt('parameters', infotext(52))] }));
  await expect.poll(() => refused).toBeGreaterThan(0);
  away = false;
  await until(6);
  stop.abort();
  const { exit, stdout, stderr } = await running;
  expect(exit).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(4);
  expect(stderr).toContain('trying again');
  expect(stderr).toContain('4 sent');
  expect(readdirSync(join(folder, 'pegbar', 'imports'))).toHaveLength(1);
});
