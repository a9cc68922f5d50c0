// docs/drift-calibration.md and its plot, from what run.mjs found.
import { mostByChance } from './family.mjs';

const percent = (count, times) => `${((count / times) * 100).toFixed(1)}`;
const number = (n) => n.toLocaleString('en-US');

export function page({ nulls, powers, families, minutes, seed }) {
  const lines = [
    '# How well the drift engine holds',
    '',
    `<!-- Written by npm run calibrate. -->`,
    '',
    `Made by \`npm run calibrate\` (seed ${seed}, ${minutes.toFixed(0)} minutes). \`npm run calibrate -- --short\` takes seconds and is a test.`,
    'What the tests are and why: [drift.md](drift.md).',
    '',
    '## Nothing changed: false alarms',
    '',
    '![False alarms by situation and sample size](pictures/drift-calibration.svg)',
    '',
    'Share of comparisons without change, in percent: p at most 5 % and 1 % (should be at most 6.5 and 1.3), called drift, ' +
      'called "changed, but small", and called "not enough data". n is reference : current.',
    '',
    '| situation | n | p ≤ 5 % | p ≤ 1 % | drift | small | not enough | repetitions |',
    '|---|---|---|---|---|---|---|---|',
    ...nulls.map(
      (row) =>
        `| ${row.name} | ${number(row.n)} : ${number(row.m)} | ${percent(row.at5, row.times)} | ${percent(row.at1, row.times)} | ${percent(row.drift, row.times)} | ${percent(row.small, row.times)} | ${percent(row.few, row.times)} | ${number(row.times)} |`,
    ),
    '',
    'With so many repetitions a true 5 % shows as 4.0 to 6.0 (2,000) and 3.6 to 6.4 (1,000). Counts are drawn from exact binomials: with rounded normals in ' +
      'their place, as this page once was made, new categories at 10⁶ showed 6.6 %, as χ² of 2,000 cells of some 60 is 9 larger without their skew.',
    '',
    '## Many tests, every day',
    '',
    `${families[0].tests} tests a day for ${families[0].days} days in which nothing changes, ${families[0].months} months. A discovery is a p below the level that the online procedure gave it; an alarm is a discovery with at least the least effect. Every procedure sees the same p values. Where 5 % of months are true, ${mostByChance(families[0].months)} of ${families[0].months} are not exceeded in 19 of 20 such runs.`,
    '',
    '| procedure | months with a false discovery | alarms per month | days with one under Benjamini–Hochberg alone | p ≤ 5 % per day, uncorrected |',
    '|---|---|---|---|---|',
    ...families.map(
      (one) =>
        `| ${one.method.toUpperCase()} | ${one.withDiscovery} of ${one.months} | ${(one.alarms / one.months).toFixed(2)} | ${percent(one.byDay, one.months * one.days)} % | ${(one.uncorrected / (one.months * one.days)).toFixed(1)} |`,
    ),
    '',
    '## Something changed: power',
    '',
    'Every test at the threshold at which it gives 5 % false alarms in the same situation. Margin: ours less the best of ' +
      'Mann–Whitney, KS, χ² and JS.',
    '',
    '| change | n | ours | Mann–Whitney | KS | χ² | JS | PSI | margin |',
    '|---|---|---|---|---|---|---|---|---|',
    ...powers.map(({ name, n, m, figures, margin }) => {
      const of = (test) => (figures[test] === undefined ? '–' : figures[test].toFixed(2));
      return `| ${name} | ${number(n)} : ${number(m)} | **${of('ours')}** | ${of('Mann–Whitney')} | ${of('KS')} | ${of('χ²')} | ${of('JS')} | ${figures['decile PSI'] === undefined ? of('PSI') : of('decile PSI')} | ${margin >= 0 ? '+' : '−'}${Math.abs(margin).toFixed(3)} |`;
    }),
    '',
  ];
  return lines.join('\n');
}

const WIDTH = 920;
const ROW = 26;
const LEFT = 270;
const TOP = 54;
const MOST = 10;

/** Points of p ≤ 5 % per situation, one per size: dark is large. */
export function plot(nulls) {
  const names = [...new Set(nulls.map(({ name }) => name))];
  const x = (share) => LEFT + (Math.min(share * 100, MOST) / MOST) * (WIDTH - LEFT - 30);
  const height = TOP + names.length * ROW + 30;
  const shade = (m) => Math.min(1, Math.log10(m) / 6);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">`,
    '<title>False alarms by situation and sample size</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600" fill="#1c1e21">False alarms at p ≤ 5 %, nothing changed</text>`,
    `<text x="16" y="42" fill="#6a6f76">one point per sample size, light 50 rows to dark 1,000,000; the band ends at 1.3 times nominal</text>`,
    `<rect x="${x(0)}" y="${TOP}" width="${x(0.065) - x(0)}" height="${names.length * ROW}" fill="#e6f2ec"/>`,
  ];
  for (let share = 0; share <= MOST; share += 1) {
    parts.push(
      `<line x1="${x(share / 100)}" x2="${x(share / 100)}" y1="${TOP}" y2="${TOP + names.length * ROW}" stroke="${share === 5 ? '#3d8b68' : '#e4e6e9'}"/>`,
      `<text x="${x(share / 100)}" y="${height - 10}" text-anchor="middle" fill="#6a6f76">${share} %</text>`,
    );
  }
  for (const [index, name] of names.entries()) {
    const y = TOP + index * ROW + ROW / 2;
    parts.push(`<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end" fill="#1c1e21">${name}</text>`);
    for (const row of nulls.filter((one) => one.name === name)) {
      const strong = shade(row.m);
      parts.push(
        `<circle cx="${x(row.at5 / row.times).toFixed(1)}" cy="${y}" r="4.5" fill="#2f5d9b" fill-opacity="${(0.2 + 0.8 * strong).toFixed(2)}"><title>${name}, ${row.n} : ${row.m}: ${percent(row.at5, row.times)} %</title></circle>`,
      );
    }
  }
  parts.push('</svg>');
  return `${parts.join('\n')}\n`;
}
