// What a look at a picture costs, beside the thumbnail that it is made from, measured in the same run.
// Usage: node benchmarks/style.mjs [pictures=24] [rounds=5]; needs a build. Ends with one JSON line per figure.
import sharp from 'sharp';
import { shrink, THUMBNAIL_PX } from '../packages/pegbar/dist/artifacts/pictures.js';
import { rasterOf } from '../packages/pegbar/dist/artifacts/raster.js';
import {
  bundledScenarioText,
  createAlbum,
  loadScenario,
  renderPicture,
  simulate,
  specOf,
} from '../packages/pegbar/dist/simulation/index.js';
import { LOOK_PX } from '../packages/pegbar/dist/style/descriptor.js';
import { look } from '../packages/pegbar/dist/style/look.js';
import { report } from './report.mjs';

const pictures = Number(process.argv[2] ?? 24);
const rounds = Number(process.argv[3] ?? 5);
const PICTURE_PX = 1024;
// One core each, so that times are work and not waiting.
sharp.concurrency(1);

const anchor_ms = Date.UTC(2026, 9, 30);
const album = createAlbum({ newest: pictures, evaluation: 0, daily: 0 });
const range = { seed: 1, scale: 0.1, from_ms: anchor_ms - 86_400_000, to_ms: anchor_ms, anchor_ms };
for (const record of simulate(loadScenario(bundledScenarioText('studio')).value, range)) album.see(record);
const sources = [];
for (const picture of album.pictures().slice(0, pictures)) {
  const webp = await renderPicture(specOf(picture), PICTURE_PX);
  sources.push(await sharp(webp).png().toBuffer());
}

const times = { thumbnail: [], raster: [], look: [], all: [] };
for (let round = -1; round < rounds; round += 1) {
  const spent = { thumbnail: 0, raster: 0, look: 0 };
  for (const source of sources) {
    const small = await timed('thumbnail', () => shrink(source, THUMBNAIL_PX));
    const raster = await timed('raster', () => rasterOf(small, LOOK_PX));
    await timed('look', () => look(raster));
  }
  if (round < 0) continue;
  for (const part of ['thumbnail', 'raster', 'look']) times[part].push(spent[part] / sources.length);
  times.all.push((spent.raster + spent.look) / sources.length);

  async function timed(part, work) {
    const began = performance.now();
    const done = await work();
    spent[part] += performance.now() - began;
    return done;
  }
}

const peer = { peer: `thumbnail of a ${PICTURE_PX} px PNG`, peerValues: times.thumbnail };
const figure = (metric, values) =>
  report({ bench: 'style', metric, unit: 'ms', better: 'less', values, ...peer });
figure('look_ms', times.look);
figure('raster_ms', times.raster);
figure('look_and_raster_ms', times.all);
process.stderr.write(
  `a thumbnail takes ${times.thumbnail.map((ms) => ms.toFixed(1)).join(', ')} ms; a look adds ${times.all.map((ms) => ms.toFixed(1)).join(', ')} ms\n`,
);
