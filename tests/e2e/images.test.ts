/** `pegbar import images` by the real command: what can be queried is what the files say. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Server, scratch, startServer } from './server.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const missing = !existsSync(`${DATA}image_metadata`) || !existsSync(`${DATA}comfyui`);
if (missing) console.warn(`skipped in part: there are no pictures at ${DATA}`);

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The JPEG with EXIF's comment in UTF-16, as A1111 writes it. */
function withComment(jpeg: Buffer, text: string): Buffer {
  const comment = Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from(text, 'utf16le').swap16()]);
  const tiff = Buffer.alloc(44);
  tiff.write('MM\0*', 'latin1');
  // One entry that points to the folder of EXIF at 26, whose one entry points to the comment at 44.
  for (const [at, tag, type, count, value] of [
    [8, 0x8769, 4, 1, 26],
    [26, 0x9286, 7, comment.length, 44],
  ] as const) {
    tiff.writeUInt32BE(8, 4);
    tiff.writeUInt16BE(1, at);
    tiff.writeUInt16BE(tag, at + 2);
    tiff.writeUInt16BE(type, at + 4);
    tiff.writeUInt32BE(count, at + 6);
    tiff.writeUInt32BE(value, at + 10);
  }
  const block = Buffer.concat([Buffer.from('Exif\0\0'), tiff, comment]);
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(block.length + 2, 4);
  return Buffer.concat([head, block, jpeg.subarray(2)]);
}

describe('a folder of pictures', () => {
  const seed = '18446744073709551615';
  const infotext =
    `a lantern, <lora:ink:0.5>, <lora:grain:1.25>\nNegative prompt: blurry\nSteps: 31, Sampler: DPM++ 2M, Schedule type: ` +
    `Karras, CFG scale: 6.5, Seed: ${seed}, Size: 640x960, Model hash: 67ab2fd8ec, Model: studio_v3, Version: v1.10.1`;
  const folder = scratch('images');
  const state = scratch('state');
  const made = join(folder, 'made.jpg');
  const plain = join(folder, 'plain ü.png');
  const clip = join(folder, 'clip.webp');
  const importing = (...more: string[]) =>
    server.cli(['import', 'images', folder, '--json', '--tenant', 'studio-pictures', ...more], {
      env: { XDG_STATE_HOME: state },
    });
  const tenant = "tenant = 'studio-pictures'";

  beforeAll(async () => {
    const canvas = { create: { width: 640, height: 960, channels: 3, background: 'teal' } } as const;
    writeFileSync(made, withComment(await sharp(canvas).jpeg().toBuffer(), infotext));
    await sharp({ create: { width: 900, height: 300, channels: 3, background: 'salmon' } })
      .png()
      .toFile(plain);
    const frame = (level: number): Buffer => Buffer.alloc(48 * 32 * 3, level);
    await sharp(Buffer.concat([frame(10), frame(120), frame(240)]), {
      raw: { width: 48, height: 96, channels: 3, pageHeight: 32 },
    })
      .webp({ delay: [50, 50, 100] })
      .toFile(clip);
  });

  it('comes in with what the files say', async () => {
    const run = await importing('--collection', 'noir');
    expect(run.stderr).toContain('made by: a1111 1');
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      read: 3,
      accepted: 3,
      rejected: 0,
      generators: { a1111: 1 },
    });
    await server.flush();
    const id = digest(readFileSync(made));
    const [image] = await server.sql(`SELECT * FROM images WHERE ${tenant} AND image_id = '${id}'`);
    expect(image).toMatchObject({
      model_version: 'studio_v3',
      checkpoint_hash: '67ab2fd8ec',
      sampler: 'DPM++ 2M',
      scheduler: 'Karras',
      steps: 31,
      cfg: 6.5,
      width: 640,
      height: 960,
      loras: ['ink', 'grain'],
      lora_weights: [0.5, 1.25],
      prompt: 'a lantern, <lora:ink:0.5>, <lora:grain:1.25>',
      negative_prompt: 'blurry',
      collection: 'noir',
      workload: 'single_image',
      kind: 'image',
      uri: `file://${made}`,
      sha256: id,
    });
    expect(String(image!.seed)).toBe(seed);
    expect(Number(image!.bytes)).toBe(readFileSync(made).length);
    const request = await server.get(`/api/v1/requests/${image!.request_id}?tenant=studio-pictures`);
    expect(request.request).toMatchObject({ outcome: 'succeeded', model_version: 'studio_v3', seed });
    expect(request.images).toHaveLength(1);
  });

  it('keeps pictures that say nothing, and clips with their frames', async () => {
    const [image] = await server.sql(
      `SELECT * FROM images WHERE ${tenant} AND image_id = '${digest(readFileSync(plain))}'`,
    );
    expect(image).toMatchObject({
      request_id: '',
      width: 900,
      height: 300,
      uri: `file://${folder}/plain%20%C3%BC.png`,
    });
    const frames = await server.sql(`SELECT * FROM frames WHERE ${tenant}`);
    expect(frames).toMatchObject([{ side: 'produced', window_s: 0.2, frames: 3, workload: 'animation' }]);
  });

  it('serves a thumbnail of each', async () => {
    for (const [file, longest] of [
      [made, 384],
      [plain, 384],
      [clip, 48],
    ] as const) {
      const id = digest(readFileSync(file));
      const answer = await fetch(`${server.url}/api/v1/thumbnails/${id}?tenant=studio-pictures`);
      expect(answer.status, file).toBe(200);
      const { width, height, format } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      expect([format, Math.max(width, height)]).toEqual(['webp', longest]);
    }
  });

  it('adds nothing the second time, also where its memory is lost', async () => {
    const rows = () =>
      server.sql(
        `SELECT (SELECT count() FROM images WHERE ${tenant}) AS images, (SELECT count() FROM stages WHERE ${tenant}) AS stages,` +
          ` (SELECT count() FROM requests WHERE ${tenant}) AS requests, (SELECT count() FROM frames WHERE ${tenant}) AS frames`,
      );
    const before = await rows();
    const again = JSON.parse((await importing('--collection', 'noir')).stdout);
    expect(again).toMatchObject({ read: 3, accepted: 0, known: 3 });
    const forgotten = await server.cli(
      ['import', 'images', folder, '--json', '--tenant', 'studio-pictures', '--collection', 'noir'],
      { env: { XDG_STATE_HOME: scratch('other') } },
    );
    expect(JSON.parse(forgotten.stdout)).toMatchObject({ read: 3, accepted: 0, duplicates: 3, known: 0 });
    await server.flush();
    expect(await rows()).toEqual(before);
  });

  it('adds a collection to pictures that are there, and the new one beside them', async () => {
    writeFileSync(join(folder, 'later.png'), await sharp(plain).resize(60).png().toBuffer());
    const told = JSON.parse((await importing('--collection', 'pastel')).stdout);
    expect(told).toMatchObject({ read: 4, accepted: 4 });
    await server.flush();
    const rows = await server.sql(
      `SELECT count() AS n FROM images WHERE ${tenant} AND collection = 'pastel'`,
    );
    expect(Number(rows[0]!.n)).toBe(4);
  });
});

describe.skipIf(missing)('the real pictures', () => {
  it('come in, one row each, with the settings of their sampler', async () => {
    const folders = [`${DATA}image_metadata`, `${DATA}comfyui`];
    const run = await server.cli(['import', 'images', ...folders, '--json', '--tenant', 'real'], {
      env: { XDG_STATE_HOME: scratch('real') },
    });
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ read: 26, accepted: 26, rejected: 0 });
    await server.flush();
    const rows = await server.sql(
      "SELECT model_version, sampler, toString(seed) AS seed, steps, width, height, loras FROM images WHERE tenant = 'real'",
    );
    expect(rows).toHaveLength(26);
    const sdxl = rows.find((row) => row.model_version === 'sd_xl_base_1.0.safetensors');
    expect(sdxl).toMatchObject({
      seed: '721897303308196',
      sampler: 'euler',
      steps: 25,
      width: 1024,
      height: 1024,
    });
    const fooocus = rows.find((row) => row.model_version === 'juggernautXL_v8Rundiffusion');
    expect(fooocus).toMatchObject({ seed: '6952411511246973023', steps: 30, width: 768, height: 1280 });
    const stacked = rows.find((row) => row.loras.length === 2);
    expect(stacked?.loras).toEqual([
      'theovercomer8sContrastFix_sd15.safetensors',
      'epiNoiseoffset_v2.safetensors',
    ]);
  });
});
