// How fast the simulated studio talks and paints, on one core. `npm run build` first.
// Peers, measured in the same run: JSON.stringify of the same records; sharp's WebP encoder on the same pixels.
import sharp from 'sharp';
import {
  bundledScenarioText,
  createAlbum,
  loadScenario,
  renderPicture,
  simulate,
  specOf,
} from '../packages/pegbar/dist/simulation/index.js';
import { report } from './report.mjs';

const ROUNDS = 5;
const DAYS = 4;
const PICTURES = 24;
const SIZE = 320;
const NOW = Date.UTC(2026, 10, 20, 15);

const loaded = loadScenario(bundledScenarioText('studio'));
if (!loaded.ok) throw new Error(`${loaded.error.path}: ${loaded.error.message}`);

const options = { seed: 1, from_ms: NOW - DAYS * 86_400_000, to_ms: NOW };
const rates = [];
const jsonRates = [];
for (let round = 0; round <= ROUNDS; round++) {
  const start = performance.now();
  const records = [...simulate(loaded.value, { ...options, seed: round })];
  const told = performance.now();
  let characters = 0;
  for (const record of records) characters += JSON.stringify(record).length;
  const written = performance.now();
  if (characters === 0) throw new Error('nothing was told');
  if (round === 0) continue; // the compiler's round
  rates.push(records.length / ((told - start) / 1000));
  jsonRates.push(records.length / ((written - told) / 1000));
}
report({
  bench: 'simulation',
  metric: 'records_per_s',
  unit: '1/s',
  better: 'more',
  values: rates,
  peer: 'JSON.stringify of the same records',
  peerValues: jsonRates,
});

sharp.concurrency(1);
const album = createAlbum({ newest: PICTURES, evaluation: 0, flagged: 0, daily: 0 });
for (const record of simulate(loaded.value, options)) album.see(record);
const specs = album.pictures().map(specOf);
const paint = [];
const encode = [];
for (const spec of specs) {
  const start = performance.now();
  const webp = await renderPicture(spec, SIZE);
  paint.push(performance.now() - start);
  const { data, info } = await sharp(webp).raw().toBuffer({ resolveWithObject: true });
  const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
  const before = performance.now();
  await sharp(data, raw).webp({ quality: 82 }).toBuffer();
  encode.push(performance.now() - before);
}
report({
  bench: 'simulation',
  metric: 'picture_ms',
  unit: 'ms',
  better: 'less',
  values: paint,
  peer: 'sharp encoding the same pixels as WebP',
  peerValues: encode,
});
