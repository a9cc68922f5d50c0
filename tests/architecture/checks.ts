/** Style as a test: what a reviewer should not have to look for (docs/decisions/style-as-a-test.md). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { functionSizes } from './functions.ts';
import { lex, lineOf, type Source } from './lexer.ts';
import * as rules from './rules.ts';

export interface Violation {
  readonly rule: string;
  /** Path below the root, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface File extends Source {
  /** Path below the root: packages/pegbar/src/store/load.ts. */
  readonly path: string;
  readonly pkg: string;
  /** Path below the package's src: store/load.ts. */
  readonly inner: string;
  /** First folder of `inner`, or the file itself where it lies beside the rooms. */
  readonly room: string;
  readonly isTest: boolean;
  readonly text: string;
}

const SQL =
  /\b(?:SELECT\s[\s\S]*?\sFROM\s|INSERT INTO\s|DELETE FROM\s|CREATE (?:TABLE|VIEW|DATABASE)\s|ALTER TABLE\s|UPDATE \w+ SET\s)/;
/** In small letters it is SQL only where a text begins so: prose selects from things too. */
const SMALL_SQL = /^\s*(?:select\s[\s\S]*?\sfrom\s|insert into\s|delete from\s|update \w+ set\s)/;
/** A literal spread into a literal only saves lines; the spread of a JSX element has no comma beside it. */
const SPREAD_LITERAL =
  /(?<=,\s*)\.\.\.(?:\{[^{}]*\}|\[[^[\]]*\])(?=\s*[,}\])])|(?<=[{[(]\s*)\.\.\.(?:\{[^{}]*\}|\[[^[\]]*\])(?=\s*,)/g;
const IMPORT = /(?<![\w$.])(?:from|import)\s*\(?\s*$/;

export function readSources(root: string): File[] {
  const files: File[] = [];
  for (const pkg of readdirSync(join(root, 'packages')).sort()) {
    const src = join(root, 'packages', pkg, 'src');
    if (!existsSync(src)) continue;
    for (const entry of readdirSync(src, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/\.tsx?$/.test(entry)) continue;
      const text = readFileSync(join(src, entry), 'utf8');
      const path = `packages/${pkg}/src/${entry}`;
      const isTest = /\.test\.tsx?$|(?:^|\/)(?:testkit|testing)\.ts$/.test(entry);
      files.push({
        path,
        pkg,
        inner: entry,
        room: entry.split('/')[0] as string,
        isTest,
        text,
        ...lex(text),
      });
    }
  }
  return files;
}

export function check(files: readonly File[]): Violation[] {
  const used = new Set<rules.Exception>();
  const excused = (file: File, exceptions: readonly rules.Exception[]): boolean => {
    const found = exceptions.find(({ path }) => covers(path, file));
    if (found) used.add(found);
    return found !== undefined;
  };
  const violations = files.flatMap((file) => [
    ...importsOf(file).flatMap((one) => checkImport(file, one)),
    ...checkGlobals(file, excused),
    ...checkSql(file, excused),
    ...checkSizes(file, excused),
  ]);
  return [...violations, ...checkRooms(files), ...unusedExceptions(used)];
}

const covers = (path: string, file: File): boolean =>
  [file.inner, file.path].some((own) => (path.endsWith('/') ? own.startsWith(path) : own === path));

interface Import {
  readonly target: string;
  readonly line: number;
}

function importsOf(file: File): Import[] {
  return file.strings
    .filter(({ at }) => IMPORT.test(file.code.slice(Math.max(0, at - 20), at)))
    .map(({ at, text }) => ({ target: text, line: lineOf(file.text, at) }));
}

function checkImport(file: File, { target, line }: Import): Violation[] {
  const violation = (rule: string, message: string) => [{ rule, file: file.path, line, message }];
  if (target.startsWith('@pegbar/')) {
    const allowed = file.pkg === 'pegbar' ? edgesOf(file.room) : rules.PACKAGES[file.pkg];
    if (allowed === undefined || allowed.includes(target)) return [];
    // A test of any room of the server may hold it against the contract.
    if (file.isTest && file.pkg === 'pegbar') return [];
    return violation('import-direction', `${file.pkg}/${file.room} must not import ${target}`);
  }
  if (!target.startsWith('.')) return [];
  const to = normalize(join(dirname(file.inner), target));
  if (to.startsWith('..'))
    return violation('import-package', `${target} leaves the package: import it by its name`);
  const room = to.split('/')[0] as string;
  if (file.pkg !== 'pegbar' || room === file.room) return [];
  const allowed = edgesOf(file.room);
  // Tests may build what they need from any room; what they test must not.
  if (allowed && !allowed.includes(room) && !file.isTest) {
    return violation('import-direction', `${file.room} must not import ${room}`);
  }
  const isDoor = to === `${room}/index.ts` || !to.includes('/') || room === 'base' || to in rules.DOORS;
  if (isDoor || file.isTest) return [];
  return violation('front-door', `enter ${room} through ${room}/index.ts, not ${to}`);
}

/** undefined = may import everything. */
function edgesOf(room: string): readonly string[] | undefined {
  if (rules.WIRING.includes(room)) return undefined;
  return rules.LOOSE.includes(room) ? [] : (rules.EDGES[room] ?? []);
}

type Excused = (file: File, exceptions: readonly rules.Exception[]) => boolean;

function checkGlobals(file: File, excused: Excused): Violation[] {
  const found: Violation[] = [];
  const at = (rule: string, index: number, message: string): void => {
    found.push({ rule, file: file.path, line: lineOf(file.text, index), message });
  };
  for (const { index } of file.code.matchAll(/\bexport\s*\*/g))
    at('no-export-star', index, 'list what is exported');
  for (const { index } of file.code.matchAll(SPREAD_LITERAL))
    at('no-spread-literal', index, 'write the members themselves, a line each');
  if (file.isTest) return found;
  for (const { rule, pattern, allowed } of rules.GLOBALS) {
    for (const { index, 0: text } of file.code.matchAll(new RegExp(pattern, 'g'))) {
      if (!excused(file, allowed)) at(rule, index, `${text.trim()} belongs to the files listed in rules.ts`);
    }
  }
  return found;
}

function checkSql(file: File, excused: Excused): Violation[] {
  if (file.isTest || /(?:^|[/-])queries\.ts$/.test(file.inner)) return [];
  const first = file.strings.find(({ text }) => SQL.test(text) || SMALL_SQL.test(text));
  if (!first || excused(file, rules.SQL_FILES)) return [];
  const message = 'SQL stands in queries.ts beside the question it answers, or in a file listed in rules.ts';
  return [{ rule: 'sql-place', file: file.path, line: lineOf(file.text, first.at), message }];
}

function checkSizes(file: File, excused: Excused): Violation[] {
  const found: Violation[] = [];
  const lines = file.text.split('\n').length - 1;
  const limit = file.isTest ? rules.TEST_FILE_LINES : rules.FILE_LINES;
  if (lines > limit && !excused(file, rules.LONG_FILES)) {
    const message = `${lines} lines; past ${limit} a file wants to be two`;
    found.push({ rule: 'file-size', file: file.path, line: 1, message });
  }
  if (file.isTest) return found;
  for (const size of functionSizes(file.code)) {
    if (size.lines <= rules.FUNCTION_LINES || excused(file, rules.LONG_FUNCTIONS)) continue;
    const message = `${size.lines} lines of its own; past ${rules.FUNCTION_LINES} its middle wants a name`;
    found.push({ rule: 'function-size', file: file.path, line: size.line, message });
  }
  return found;
}

/** Every room stands in the table of edges and is entered by someone. */
function checkRooms(files: readonly File[]): Violation[] {
  const ours = files.filter((file) => file.pkg === 'pegbar');
  const entered = new Set<string>();
  for (const file of ours.filter(({ isTest }) => !isTest)) {
    for (const { target } of importsOf(file)) {
      const room = normalize(join(dirname(file.inner), target)).split('/')[0] as string;
      if (target.startsWith('.') && room !== file.room) entered.add(room);
    }
  }
  const found: Violation[] = [];
  for (const room of new Set(ours.map((file) => file.room))) {
    const file = `packages/pegbar/src/${room}`;
    const known = room in rules.EDGES || rules.WIRING.includes(room) || rules.LOOSE.includes(room);
    if (!known) found.push({ rule: 'unknown-room', file, line: 1, message: 'add it to EDGES in rules.ts' });
    if (!entered.has(room) && room !== 'main.ts') {
      found.push({ rule: 'dead-room', file, line: 1, message: 'nobody enters it' });
    }
  }
  return found;
}

function unusedExceptions(used: ReadonlySet<rules.Exception>): Violation[] {
  const all = [...rules.GLOBALS.flatMap(({ allowed }) => allowed), ...rules.SQL_FILES, ...rules.LONG_FILES];
  return [...all, ...rules.LONG_FUNCTIONS]
    .filter((exception) => !used.has(exception))
    .map(({ path }) => {
      const message = `the exception for ${path} is not needed any more`;
      return { rule: 'stale-exception', file: 'tests/architecture/rules.ts', line: 1, message };
    });
}
