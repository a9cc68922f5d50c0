// `pegbar import images` against a running server: pictures a second, from file to acknowledged record and thumbnail.
// Usage: node benchmarks/images.mjs [pictures=4000] [folder to keep them in]; needs a build.
// The peers: a Python loop over Pillow that does the same work on one file after the other without a server (digest,
// texts, a small WebP), and exiftool for reading metadata alone; each is left out where it is not installed
// (PEER_PYTHON, PEER_EXIFTOOL say where they are).
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { readFacts, readRecipe } from '../packages/pegbar/dist/importers/images/index.js';
import { exif, iTXt, unicodeComment } from '../packages/pegbar/dist/importers/images/testkit.js';
import { childrenOf, cpuOf, temporaryFolder } from './processes.mjs';
import { report, say } from './report.mjs';

const BIN = fileURLToPath(new URL('../packages/pegbar/bin/pegbar.js', import.meta.url));
const ART = fileURLToPath(new URL('../../shared/data/anime_images/', import.meta.url));
const SIDE_PX = 1024;
/** Pictures whose pixels differ; the others differ in their metadata, so that every file is a picture of its own. */
const KINDS = 24;
/** Bytes of a PNG before the place for further chunks: magic and header. */
const PNG_HEAD = 33;

const count = Number(process.argv[2] ?? 4000);
const folder = process.argv[3] ?? join(temporaryFolder('pegbar-bench-images-'), 'pictures');
const python = process.env.PEER_PYTHON ?? 'python3';
const exiftool = process.env.PEER_EXIFTOOL ?? 'exiftool';

const infotext = (n) =>
  `1girl, lantern festival, night ${n}, <lora:ink:0.6>\nNegative prompt: lowres, bad hands\nSteps: 28, Sampler: DPM++ 2M, ` +
  `Schedule type: Karras, CFG scale: 6, Seed: ${10_000_000_000 + n}, Size: ${SIDE_PX}x${SIDE_PX}, Model: studio_v${n % 7}`;

async function bases() {
  const art = existsSync(ART) ? readdirSync(ART).filter((name) => /\.(png|jpg)$/.test(name)) : [];
  return Promise.all(
    Array.from({ length: KINDS }, async (_, kind) => {
      const picture = art.length
        ? sharp(join(ART, art[kind % art.length]))
            .resize(SIDE_PX, SIDE_PX, { fit: 'cover' })
            .flatten({ background: '#8899aa' })
        : sharp({
            create: {
              width: SIDE_PX,
              height: SIDE_PX,
              channels: 3,
              noise: { type: 'gaussian', mean: 128, sigma: 20 },
            },
          });
      const turned = picture.modulate({ hue: kind * 15 }).removeAlpha();
      return {
        png: await turned.clone().png().toBuffer(),
        jpeg: await turned.clone().jpeg({ quality: 92 }).toBuffer(),
      };
    }),
  );
}

/** Half PNG, half JPEG, as A1111 writes them. */
async function paint() {
  if (existsSync(folder) && readdirSync(folder).length === count) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kinds = await bases();
  for (let n = 0; n < count; n++) {
    const { png, jpeg } = kinds[n % KINDS];
    const name = join(folder, `${String(n).padStart(6, '0')}-${n}`);
    if (n % 2 === 0) {
      writeFileSync(
        `${name}.png`,
        Buffer.concat([png.subarray(0, PNG_HEAD), iTXt('parameters', infotext(n)), png.subarray(PNG_HEAD)]),
      );
      continue;
    }
    const block = Buffer.concat([
      Buffer.from('Exif\0\0'),
      exif({ 37510: unicodeComment(infotext(n), false) }),
    ]);
    const head = Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 0]);
    head.writeUInt16BE(block.length + 2, 4);
    writeFileSync(`${name}.jpg`, Buffer.concat([head, block, jpeg.subarray(2)]));
  }
}

async function startServer() {
  const dir = temporaryFolder('pegbar-bench-');
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(
    process.execPath,
    [BIN, 'up', '--json', '--data', dir, '--log-level', 'error', ...ports],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text).split('\n')[0]));
    child.once('exit', (status) => reject(new Error(`pegbar up ended with status ${status}`)));
  });
  return {
    url: JSON.parse(line).url,
    cpu: () => cpuOf(child.pid) + childrenOf(child.pid).reduce((sum, pid) => sum + cpuOf(pid), 0),
    stop: () => new Promise((done) => child.once('exit', done) && child.kill('SIGTERM')),
  };
}

/** Runs the import; its summary, seconds and the most memory it held. */
async function importOnce(url, state) {
  const began = performance.now();
  const child = spawn(process.execPath, [BIN, 'import', 'images', folder, '--json', '--url', url], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, XDG_STATE_HOME: state },
  });
  let peak_mb = 0;
  let cpu_us = 0;
  const watch = setInterval(() => {
    try {
      cpu_us = cpuOf(child.pid);
    } catch {
      // It has just ended; the last figure stands.
    }
    const status = existsSync(`/proc/${child.pid}/status`)
      ? readFileSync(`/proc/${child.pid}/status`, 'utf8')
      : '';
    peak_mb = Math.max(peak_mb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }, 200);
  let text = '';
  child.stdout.on('data', (part) => (text += part));
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  const told = JSON.parse(text);
  if (code !== 0 || told.read !== count) throw new Error(`status ${code}: ${text.slice(0, 500)}`);
  return { told, seconds: (performance.now() - began) / 1000, peak_mb, cpu_s: cpu_us / 1e6 };
}

const PILLOW = `
import hashlib, io, os, sys, time
from PIL import Image
began = time.time()
for name in sorted(os.listdir(sys.argv[1])):
    data = open(os.path.join(sys.argv[1], name), 'rb').read()
    hashlib.sha256(data).hexdigest()
    with Image.open(io.BytesIO(data)) as picture:
        text = picture.info.get('parameters') or picture.getexif().get_ifd(0x8769).get(0x9286)
        assert text
        picture.thumbnail((384, 384))
        picture.save(io.BytesIO(), 'WEBP', quality=80)
print(time.time() - began)
`;

function pillowSeconds() {
  const ran = spawnSync(python, ['-c', PILLOW, folder], { encoding: 'utf8' });
  if (ran.status === 0) return Number(ran.stdout);
  say('no Pillow: pip install pillow, or PEER_PYTHON=…');
  return undefined;
}

function exiftoolSeconds() {
  const began = performance.now();
  try {
    execFileSync(exiftool, ['-q', '-j', '-parameters', '-UserComment', folder], {
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return (performance.now() - began) / 1000;
  } catch {
    say('no exiftool: apt install libimage-exiftool-perl, or PEER_EXIFTOOL=…');
    return undefined;
  }
}

function readersSeconds() {
  const began = performance.now();
  for (const name of readdirSync(folder)) {
    const facts = readFacts(readFileSync(join(folder, name)));
    if (readRecipe(facts)?.steps !== 28) throw new Error(`${name} was not read`);
  }
  return (performance.now() - began) / 1000;
}

await paint();
say(`${count} pictures in ${folder}`);
const server = await startServer();
const state = temporaryFolder('pegbar-bench-state-');
const before_us = server.cpu();
const first = await importOnce(server.url, state);
const server_s = (server.cpu() - before_us) / 1e6;
if (first.told.accepted !== count) throw new Error(`${first.told.accepted} of ${count} were added`);
const pillow = pillowSeconds();
const second = await importOnce(server.url, state);
const forgotten = await importOnce(server.url, temporaryFolder('pegbar-bench-state-'));
if (forgotten.told.duplicates !== count) throw new Error('a run without memory did not find duplicates only');
await server.stop();
const rate = (seconds) => (seconds === undefined ? [] : [count / seconds]);
const figure = (metric, seconds, peer, peerSeconds) =>
  report({
    bench: 'images',
    metric,
    unit: 'pictures/s',
    better: 'more',
    values: rate(seconds),
    peer,
    peerValues: rate(peerSeconds),
  });
figure('import', first.seconds, 'pillow loop without a server', pillow);
figure('import_again', second.seconds, 'import', first.seconds);
figure('import_again_without_memory', forgotten.seconds, 'import', first.seconds);
figure('read_metadata', readersSeconds(), 'exiftool', exiftoolSeconds());
report({
  bench: 'images',
  metric: 'import_time',
  unit: 's',
  better: 'less',
  values: [first.seconds],
  peer: 'two minutes',
  peerValues: [120],
});
// Where others use the machine too, seconds say little: this is what two cores of its own would have to do.
report({
  bench: 'images',
  metric: 'cpu_per_picture',
  unit: 'ms',
  better: 'less',
  values: [((first.cpu_s + server_s) / count) * 1000],
  peer: '4,000 in two minutes on two cores',
  peerValues: [240_000 / 4000],
});
report({ bench: 'images', metric: 'peak_memory', unit: 'MB', better: 'less', values: [first.peak_mb] });
