// npm run calibrate: how the drift engine holds its promises; writes docs/drift-calibration.md and its plot.
import { writeFileSync } from 'node:fs';
import { seededRandom } from '../../packages/stats/dist/index.js';
import { familyError, mostByChance } from './family.mjs';
import { nullSuite } from './null.mjs';
import { page, plot } from './page.mjs';
import { power, powerRows } from './power.mjs';
import { quietDays } from './quiet.mjs';

const short = process.argv.includes('--short');
const seed = 20_261_122;
const sizes = short
  ? [[200, 200]]
  : [50, 200, 1_000, 10_000, 100_000, 1_000_000].flatMap((n) => [
      [n, n],
      ...(n === 200 || n === 10_000 ? [[28 * n, n]] : []),
    ]);
const isDear = (name) => /sessions|seasonal/.test(name);
const started = performance.now();

const tell = (text) => process.stderr.write(`${text}\n`);

// npm run calibrate -- --quiet-days 90: days on which nothing happens, through a server. An hour and more.
const quiet = process.argv.indexOf('--quiet-days');
if (quiet > 0) {
  const found = await quietDays({ days: Number(process.argv[quiet + 1] ?? 90), tell });
  process.stdout.write(`${JSON.stringify(found)}\n`);
  // One family a day, judged at 5 %: so many days may raise something by chance.
  const days = new Set(found.raised.map(({ day }) => day)).size;
  process.exit(days > mostByChance(found.days) ? 1 : 0);
}

const nulls = [];
for (const row of nullSuite({
  random: seededRandom(seed),
  sizes,
  repetitions: (name) => (short ? 200 : isDear(name) ? 1_000 : 2_000),
})) {
  nulls.push(row);
  tell(
    `${row.name} ${row.n}:${row.m} ${((row.at5 / row.times) * 100).toFixed(1)} % at 5 %, drift ${row.drift}/${row.times}`,
  );
}
const random = seededRandom(seed + 1);
const powers = powerRows(random).map((row) => {
  const found = power(row, { random, repetitions: short ? 200 : 3_000 });
  tell(`${found.name}: ${JSON.stringify(found.figures)} margin ${found.margin.toFixed(3)}`);
  return found;
});
const families = familyError({
  random: seededRandom(seed + 2),
  months: short ? 2 : 200,
  days: short ? 2 : 28,
  told: (month) => short || month % 20 > 0 || tell(`${month} months of families`),
});
for (const one of families) tell(JSON.stringify(one));
const minutes = (performance.now() - started) / 60_000;
if (!short) {
  const docs = new URL('../../docs/', import.meta.url);
  writeFileSync(new URL('drift-calibration.md', docs), page({ nulls, powers, families, minutes, seed }));
  writeFileSync(new URL('pictures/drift-calibration.svg', docs), plot(nulls));
}
// 1.3 times nominal, and what the number of repetitions leaves open (two standard errors).
const allowed = (times, level) => 1.3 * level + 2 * Math.sqrt((1.3 * level * (1 - 1.3 * level)) / times);
const broken = [
  ...nulls.filter(
    ({ at5, drift, times }) => at5 / times > allowed(times, 0.05) || drift / times > allowed(times, 0.05),
  ),
  ...powers.filter(({ margin }) => margin < (short ? -0.12 : -0.03)),
  ...families.filter(({ withDiscovery, months }) => withDiscovery > mostByChance(months)),
];
for (const row of broken) tell(`broken: ${JSON.stringify(row)}`);
process.stdout.write(
  `${JSON.stringify({ rows: nulls.length + powers.length + families.length, broken: broken.length })}\n`,
);
process.exitCode = broken.length > 0 ? 1 : 0;
