// npm run parity: the figures of `compat` against the real Evidently, NannyML and scipy from PyPI.
// Skipped with a message where Python or its registry cannot be had. PEGBAR_PARITY_PYTHON names an interpreter that has them.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  chi2Upper,
  chiSquare,
  compatCategories,
  compatNumbers,
  hellinger,
  histogramOfValues,
  jensenShannon,
  kullbackLeibler,
  mannWhitney,
  noncentralChi2,
  pair,
  seededRandom,
  wasserstein,
} from '../../packages/stats/dist/index.js';
import { cases } from './cases.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const TOLERANCE = 1e-6;

function python() {
  const given = process.env.PEGBAR_PARITY_PYTHON;
  if (given) return { path: given, remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'pegbar-parity-'));
  const path = join(folder, 'bin', 'python');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const steps = [
    ['python3', ['-m', 'venv', folder]],
    [
      path,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '-r',
        join(here, 'requirements.txt'),
      ],
    ],
  ];
  for (const [command, args] of steps) {
    const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) {
      remove();
      return undefined;
    }
  }
  return { path, remove };
}

const interpreter = python();
if (!interpreter) {
  process.stdout.write('parity: skipped, Python or its packages cannot be had here\n');
  process.exit(0);
}
const random = seededRandom(20_261_122);
const pairs = cases(random);
const folder = mkdtempSync(join(tmpdir(), 'pegbar-parity-cases-'));
try {
  const file = join(folder, 'cases.json');
  writeFileSync(file, JSON.stringify(pairs));
  const answer = JSON.parse(
    execFileSync(interpreter.path, [join(here, 'peers.py'), file], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  let compared = 0;
  let worst = { difference: 0, name: '' };
  const wrong = [];
  for (const [index, one] of pairs.entries()) {
    const ours = figuresOf(one);
    for (const [name, theirs] of Object.entries(answer.cases[index])) {
      const found = ours[name];
      const difference = Math.abs(found - theirs) / Math.max(1, Math.abs(theirs));
      compared++;
      if (difference > worst.difference) worst = { difference, name: `${one.name}: ${name}` };
      if (!(difference <= TOLERANCE)) wrong.push(`${one.name}: ${name} is ${found}, theirs ${theirs}`);
    }
  }
  for (const line of wrong) process.stdout.write(`${line}\n`);
  const versions = Object.entries(answer.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  process.stdout.write(
    `parity: ${compared - wrong.length} of ${compared} figures of ${pairs.length} cases agree to ${TOLERANCE} with ${versions}; largest difference ${worst.difference.toExponential(1)} (${worst.name})\n`,
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
  interpreter.remove();
}

/** Our figures under the names that peers.py gives theirs. */
function figuresOf({ kind, reference, current }) {
  const named = (prefix, figures) =>
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}.${name}`, value]));
  if (kind === 'numeric') {
    const a = histogramOfValues(reference);
    const b = histogramOfValues(current);
    const paired = pair(a, b);
    return {
      ...named('evidently', compatNumbers('evidently', a, b)),
      ...named('nannyml', compatNumbers('nannyml', a, b)),
      'scipy.mannwhitneyu': mannWhitney(paired).p,
      'scipy.wasserstein': wasserstein(paired),
    };
  }
  const count = (values) =>
    values.reduce((counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1), new Map());
  const a = count(reference);
  const b = count(current);
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const r = names.map((name) => a.get(name) ?? 0);
  const c = names.map((name) => b.get(name) ?? 0);
  const { statistic, df } = chiSquare(r, c);
  return {
    ...named('evidently', compatCategories('evidently', a, b)),
    ...named('nannyml', compatCategories('nannyml', a, b)),
    'scipy.chi2_contingency': chi2Upper(statistic, df),
    'scipy.entropy': kullbackLeibler(
      r.map((n) => n + 0.5),
      c.map((n) => n + 0.5),
    ),
    'scipy.jensenshannon': Math.sqrt(jensenShannon(r, c)),
    'scipy.hellinger': hellinger(r, c),
    'scipy.ncx2': noncentralChi2(statistic + 1, Math.max(1, df), statistic / 2)[1],
  };
}
