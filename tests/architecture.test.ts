/** Our tidy: the house rules, held against the sources, and against a fixture that breaks each of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../packages/contract/src/errors.ts';
import { environmentOf, flagOf, SERVER_OPTIONS } from '../packages/pegbar/src/config/index.ts';
import { check, readSources, type Violation } from './architecture/checks.ts';
import { functionSizes } from './architecture/functions.ts';
import { lex } from './architecture/lexer.ts';
import { EDGES, FUNCTION_LINES } from './architecture/rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixture = fileURLToPath(new URL('architecture/fixture', import.meta.url));
const page = (path: string): string => readFileSync(join(root, path), 'utf8');
const told = ({ file, line, rule, message }: Violation): string => `${file}:${line} ${rule}: ${message}`;

describe('the sources', () => {
  const sources = readSources(root);

  test('keep the house rules', () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(check(sources).map(told)).toEqual([]);
  });

  test('name every counter on the page for operators, and no other', () => {
    const names = sources
      .filter((file) => !file.isTest)
      .flatMap((file) =>
        file.strings.flatMap(
          ({ text }) => text.match(/^pegbar_\w+(?:_total|_up|_bytes|_seconds|_rows|_ms)$/) ?? [],
        ),
      );
    const documented =
      page('docs/operations.md')
        .match(/`pegbar_\w+/g)
        ?.map((name) => name.slice(1)) ?? [];
    expect(new Set(names).size).toBeGreaterThan(20);
    expect([...new Set(documented)].sort()).toEqual([...new Set(names)].sort());
  });

  test('give every error code a line in the reference', () => {
    const codes = page('docs/reference/errors.md')
      .match(/^\| `\w+`/gm)
      ?.map((line) => line.slice(3, -1));
    expect(codes).toEqual(Object.keys(ERRORS));
  });

  test('give every setting a line in the configuration page', () => {
    const lines = page('docs/configuration.md');
    for (const option of SERVER_OPTIONS) {
      expect(lines).toContain(
        `| \`${option.field}\` | \`--${flagOf(option)}\` | \`${environmentOf(option)}\` |`,
      );
    }
  });
});

describe('the edge table', () => {
  test('has no way back to where it began', () => {
    const visit = (room: string, path: readonly string[]): void => {
      expect(path, 'a circle of rooms').not.toContain(room);
      for (const next of EDGES[room] ?? []) visit(next, [...path, room]);
    };
    for (const room of Object.keys(EDGES)) visit(room, []);
  });
});

describe('links of the documentation', () => {
  test('lead somewhere', () => {
    const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].concat(
      readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
    );
    const broken = pages.flatMap((from) =>
      [...page(from).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .filter(([, to]) => !exists(join(root, from, '..', to as string)))
        .map(([, to]) => `${from} → ${to}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('the checker', () => {
  /** Each line of the fixture that must be reported ends in `expect: RULE`, several rules separated by commas. */
  function expected(): string[] {
    return readSources(fixture).flatMap((file) =>
      file.text.split('\n').flatMap((line, index) => {
        const rules = /expect: ([\w, -]+)$/.exec(line)?.[1]?.split(', ') ?? [];
        return rules.map((rule) => `${file.path}:${index + 1} ${rule}`);
      }),
    );
  }

  test('trips on every violation of the fixture and on nothing else', () => {
    const reported = check(readSources(fixture))
      .filter(({ rule }) => rule !== 'stale-exception' && !rule.endsWith('-room'))
      .map(({ file, line, rule }) => `${file}:${line} ${rule}`);
    expect(reported.sort()).toEqual(expected().sort());
    expect([...new Set(expected().map((line) => line.split(' ')[1]))].sort()).toEqual([
      'file-size',
      'front-door',
      'function-size',
      'import-direction',
      'import-package',
      'no-clock',
      'no-console',
      'no-export-star',
      'no-fetch',
      'no-process-env',
      'no-random',
      'no-spread-literal',
      'no-timer',
      'sql-place',
    ]);
  });

  test('reports rooms that the table lacks, rooms that nobody enters and exceptions that nobody needs', () => {
    const reported = check(readSources(fixture));
    const of = (rule: string) => reported.filter((one) => one.rule === rule).map(({ file }) => file);
    expect(of('unknown-room')).toEqual(['packages/pegbar/src/attic']);
    expect(of('dead-room')).toContain('packages/pegbar/src/attic');
    expect(of('stale-exception').length).toBeGreaterThan(0);
  });

  test('is not fooled by comments, strings, templates and regular expressions', () => {
    const text = [
      '// console.log',
      "const a = 'process.env'; /* Date.now() */",
      'const b = `x $' + '{{ c: `$' + '{d}` }.c} setTimeout(`;',
      'const e = /[/"`]\\/console.log/.test(f) ? 1 / 2 : g / h;',
      'const after = real;',
    ].join('\n');
    const { code } = lex(text);
    expect(code).toHaveLength(text.length);
    expect(code).not.toMatch(/console|process|Date|setTimeout/);
    expect(code).toContain('1 / 2 : g / h;');
    expect(code).toContain('const after = real;');
  });

  test('measures a function without those that it makes', () => {
    const body = (lines: number): string => 'step();\n'.repeat(lines);
    const text = `
      export function make<T extends { a: number }>(a: T): Result<{ b: T }, (c: string) => void> {
        ${body(5)}
        const arrow = async (x = 1): Promise<void> => {
          ${body(FUNCTION_LINES)}
        };
        if (a) {
          ${body(3)}
        }
        return { method() { return 1; } };
      }`;
    expect(functionSizes(lex(text).code).map(({ lines }) => lines)).toEqual([
      5 + 1 + 1 + 3 + 1 + 2,
      FUNCTION_LINES,
      1,
    ]);
  });
});

function exists(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}
