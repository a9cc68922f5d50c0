// npm run case-studies: what `pegbar drift compare` says of two real data sets; writes the tables and pictures here.
// PEGBAR_DATA names the folder with genai/ and sd_benchmark/ (../shared/data beside the clone); skipped without it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { overlay } from './picture.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const data = process.env.PEGBAR_DATA ?? join(root, '../shared/data');
const trace = join(data, 'genai/lora_request_trace_until_2024-11-24.csv');
const benchmark = join(data, 'sd_benchmark/benchmark-data.json');
if (!existsSync(trace) || !existsSync(benchmark)) {
  process.stdout.write(`case studies: skipped, ${data} is not here\n`);
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'pegbar-cases-'));

function compare(reference, current, ...options) {
  const args = [
    join(root, 'packages/pegbar/bin/pegbar.js'),
    'drift',
    'compare',
    '--reference',
    reference,
    '--current',
    current,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, '--json', ...options], {
    encoding: 'utf8',
  });
  if (status === 2) throw new Error(stderr);
  return { status, columns: JSON.parse(stdout).columns };
}

const digits = (value) => (value === null ? '–' : String(Number(value.toPrecision(3))));
const verdictOf = ({ verdict, reason }) =>
  ({ small: 'no_drift (changed, but small)', passing: 'no_drift (changed, did not last)' })[reason] ??
  verdict;
const table = (columns) => [
  '| column | verdict | n | shift | interval | PSI | debiased | p | top contributor | needs |',
  '|---|---|---|---|---|---|---|---|---|---|',
  ...columns.map((one) => {
    const [top] = one.contributors;
    const told = top ? `${top.name}: ${digits(top.reference * 100)} → ${digits(top.current * 100)} %` : '–';
    const interval = one.shift_interval ? one.shift_interval.map(digits).join(' to ') : '–';
    return `| ${one.column} | ${verdictOf(one)} | ${one.n_ref} : ${one.n_cur} | ${digits(one.shift)} ${one.unit.startsWith('share') ? one.unit : ''} | ${interval} | ${digits(one.psi)} | ${digits(one.psi_debiased)} | ${one.p.toExponential(1)} | ${told} | ${one.n_needed ?? '–'} |`;
  }),
];
/** Nobody told who submitted: the same processor, system and card are taken for the same machine. */
const machineOf = (system, device) =>
  createHash('sha256')
    .update(`${system ?? ''}\n${device ?? ''}`)
    .digest('hex')
    .slice(0, 12);
/** Replaces what stands between the marks of `name` on a page; the prose around them is written by hand. */
function fill(page, parts) {
  const path = fileURLToPath(new URL(page, import.meta.url));
  let text = readFileSync(path, 'utf8');
  for (const [name, lines] of Object.entries(parts)) {
    const from = `<!-- ${name} -->`;
    const to = `<!-- /${name} -->`;
    const start = text.indexOf(from) + from.length;
    text = `${text.slice(0, start)}\n${lines.join('\n')}\n${text.slice(text.indexOf(to))}`;
  }
  writeFileSync(path, text);
}
const picture = (name, svg) => writeFileSync(new URL(name, import.meta.url), svg);

try {
  // The serving trace, by week and by day.
  const [head, ...rows] = readFileSync(trace, 'utf8').trim().split('\n');
  const day = (row) => row.slice(0, 10);
  const file = (name, keep) => {
    const path = join(folder, name);
    writeFileSync(path, `${[head, ...rows.filter(keep)].join('\n')}\n`);
    return path;
  };
  const first = file('first.csv', (row) => day(row) <= '2024-11-17');
  const second = file('second.csv', (row) => day(row) > '2024-11-17');
  const units = ['--time', 'gmt_create', '--group-by', 'groupId'];
  const days = ['2024-11-21', '2024-11-22', '2024-11-23', '2024-11-24'].map((name) => {
    const before = file(`before-${name}.csv`, (row) => day(row) < name && day(row) >= '2024-11-18');
    const { columns } = compare(
      before,
      file(`${name}.csv`, (row) => day(row) === name),
      '--group-by',
      'groupId',
    );
    const by = (verdict) =>
      columns
        .filter((one) => one.verdict === verdict)
        .map(({ column }) => column)
        .join(', ') || '–';
    return `| ${name} | ${columns[0].n_ref} : ${columns[0].n_cur} | ${by('drift')} | ${by('no_drift')} | ${by('insufficient_data')} |`;
  });
  fill('genai.md', {
    naive: table(compare(first, second).columns),
    units: table(compare(first, second, ...units).columns),
    days: ['| day | n | drift | no drift | not enough data |', '|---|---|---|---|---|', ...days],
  });
  const times = (keep) =>
    rows
      .filter(keep)
      .map((row) => Number(row.split(',')[3]))
      .filter((value) => value > 0);
  picture(
    'genai-exec-time.svg',
    overlay(
      'Execution time, first days (268 requests) and second week',
      's',
      times((row) => day(row) <= '2024-11-17'),
      times((row) => day(row) > '2024-11-17'),
    ),
  );

  // The benchmark runs: release of torch, by GPU.
  const runs = JSON.parse(readFileSync(benchmark, 'utf8')).flatMap(
    ([, time, speeds, , system, torch, device]) => {
      const version = /torch:(\d+\.\d+)/.exec(torch ?? '')?.[1];
      const gpu = /device:(?:NVIDIA )?(?:GeForce )?([^(]*)\(/.exec(device ?? '')?.[1]?.trim();
      const its = Math.max(
        ...(speeds ?? '')
          .split('/')
          .map(Number)
          .filter((one) => one > 0),
      );
      return version && gpu && Number.isFinite(its)
        ? [{ time, version, gpu, its, machine: machineOf(system, device) }]
        : [];
    },
  );
  const release = (version) => {
    const path = join(folder, `torch-${version}.csv`);
    const lines = runs
      .filter((run) => run.version === version)
      .map((run) => `${run.gpu},${run.machine},${run.its}`);
    writeFileSync(path, `${['gpu,machine,its', ...lines].join('\n')}\n`);
    return path;
  };
  const parts = {};
  for (const [name, before, after] of [
    ['two', '1.13', '2.0'],
    ['nightly', '2.0', '2.1'],
  ]) {
    const plain = compare(release(before), release(after), '--column', 'its').columns[0];
    const within = compare(release(before), release(after), '--column', 'its', '--segment-by', 'gpu')
      .columns[0];
    const machines = compare(
      release(before),
      release(after),
      '--column',
      'its',
      '--segment-by',
      'gpu',
      '--group-by',
      'machine',
    ).columns[0];
    const gpus = compare(release(before), release(after), '--column', 'gpu').columns[0];
    parts[name] = [
      ...table([
        plain,
        { ...within, column: 'its, by GPU' },
        { ...machines, column: 'its, by GPU, a machine as the unit' },
        gpus,
      ]),
      '',
      `Within GPUs: ${digits(within.within)}; by their mix: ${digits(within.mix)} (PSI).`,
    ];
  }
  fill('sd-benchmark.md', parts);
  const speeds = (version, gpu) =>
    runs.filter((run) => run.version === version && run.gpu === gpu).map(({ its }) => its);
  picture(
    'sd-benchmark-all.svg',
    overlay(
      'Speed of all runs, torch 1.13 and 2.0',
      'it/s',
      runs.filter((run) => run.version === '1.13').map(({ its }) => its),
      runs.filter((run) => run.version === '2.0').map(({ its }) => its),
    ),
  );
  picture(
    'sd-benchmark-4090.svg',
    overlay(
      'Speed on the RTX 4090 alone, torch 1.13 and 2.0',
      'it/s',
      speeds('1.13', 'RTX 4090'),
      speeds('2.0', 'RTX 4090'),
    ),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
