// Draws docs/pictures/terminal.svg, the picture of the README: what some commands really answer, asked of a running
// `pegbar demo` (PEGBAR_URL). Nothing in it is drawn by hand.
//   PEGBAR_URL=http://127.0.0.1:4300 node docs/pictures/terminal.mjs
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const pegbar = join(here, '..', '..', 'packages', 'pegbar', 'bin', 'pegbar.js');
const COMMANDS = [
  'kpis --by model_version --last 7d',
  'kpis --metrics requests,error_rate,latency_p95_ms,delivered_fps,cost_per_1k_images_usd --by workload',
  'requests --filter outcome=failed --limit 4',
];
const [CHAR, LINE, PAD, BAR] = [7.83, 19, 20, 34];

const lines = COMMANDS.flatMap((command) => {
  const { stdout, status, stderr } = spawnSync(process.execPath, [pegbar, ...command.split(' ')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`pegbar ${command}: ${stderr}`);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  return [
    { text: `$ npx pegbar ${command}`, tone: 'ask' },
    { text: head, tone: 'head' },
    ...rows.map((text) => ({ text, tone: 'row' })),
    { text: '', tone: 'row' },
  ];
});
lines.pop();

const columns = Math.max(...lines.map(({ text }) => text.length));
const width = Math.ceil(columns * CHAR + 2 * PAD);
const height = lines.length * LINE + BAR + 2 * PAD - 6;
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Figures of a simulated studio, as the command line shows them">
<style>
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }
  .ask { fill: #f2c572; } .head { fill: #8f9bb3; } .row { fill: #e6e9f0; }
</style>
<rect width="${width}" height="${height}" rx="10" fill="#171a21"/>
<g fill="#3a4150"><circle cx="22" cy="18" r="5"/><circle cx="40" cy="18" r="5"/><circle cx="58" cy="18" r="5"/></g>
${lines
  .map(
    ({ text, tone }, index) =>
      `<text class="${tone}" x="${PAD}" y="${BAR + PAD + index * LINE}" xml:space="preserve">${escaped(text)}</text>`,
  )
  .filter((line) => !line.endsWith('></text>'))
  .join('\n')}
</svg>
`;
writeFileSync(join(here, 'terminal.svg'), svg);
