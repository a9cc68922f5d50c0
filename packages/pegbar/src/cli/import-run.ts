import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '../config/index.ts';
import {
  cursorKey,
  type Delivered,
  deliver,
  fileCursors,
  fileIdentity,
  type Item,
} from '../importers/index.ts';
import { type Context, EXIT } from './command.ts';
import { httpSink } from './import-sink.ts';
import type { RowsColumn } from './terminal/output.ts';
import { createProgress, type Progress } from './terminal/progress.ts';
import { plain } from './terminal/table.ts';
import { count } from './terminal/units.ts';

export interface ImportPlan {
  /** `events`, `genai`: part of the cursor's key and told to the server. */
  name: string;
  /** Separates cursors of imports that read the same file differently. */
  variant: string;
  tenant: string | undefined;
  items: (file: string, bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Item>;
}

interface FileResult extends Delivered {
  file: string;
}

const STDIN = '-';

/** Imports files one after the other and tells what became of every line. */
export async function runImport(
  context: Pick<Context, 'io' | 'out' | 'client' | 'positionals'>,
  plan: ImportPlan,
): Promise<number> {
  const { io, out, client, positionals: files } = context;
  const cursors = fileCursors(join(stateDirectory(io.env), 'imports'), () => io.clock.now());
  const sink = httpSink(client, { name: plan.name, tenant: plan.tenant, say: out.say });
  const results: FileResult[] = [];
  for (const file of files) {
    const source = await openSource(file, plan, client.url);
    if (!source.ok) {
      results.push({ file, ...nothing(source.why) });
      continue;
    }
    const progress = createProgress(io.stderr, io.clock, plain(file), 'lines');
    const meter = { bytes: 0 };
    const open = (): AsyncIterable<Item> => {
      meter.bytes = 0;
      return plan.items(file, metered(source.open(io.stdin), meter));
    };
    const done = await deliver({
      open,
      sink,
      cursors,
      key: source.key,
      onProgress: (tally) => tell(progress, tally.read, meter.bytes, source.size),
    });
    progress.clear();
    results.push({ file, ...done });
    if (done.failure) break;
  }
  await report(out, results);
  return exitOf(results);
}

function tell(progress: Progress, lines: number, bytes: number, size: number | undefined): void {
  progress.update(lines, size ? Math.min(1, bytes / size) : undefined);
}

type Source =
  | {
      ok: true;
      size: number | undefined;
      key: string | undefined;
      open: (stdin: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
    }
  | { ok: false; why: string };

async function openSource(file: string, plan: ImportPlan, server: string): Promise<Source> {
  if (file === STDIN) return { ok: true, size: undefined, key: undefined, open: (stdin) => stdin };
  try {
    const { identity, size } = await fileIdentity(file);
    const key = cursorKey(plan.name, `${identity}${plan.variant}`, server);
    return { ok: true, size, key, open: () => createReadStream(file) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { ok: false, why: 'there is no such file' };
    return { ok: false, why: code === 'EISDIR' ? 'it is a folder; name its files' : message };
  }
}

const nothing = (broken: string): Delivered => ({
  tally: { read: 0, accepted: 0, duplicates: 0, rejected: 0, reasons: [] },
  resumed: 0,
  failure: undefined,
  broken,
});

async function* metered(
  source: AsyncIterable<Uint8Array>,
  meter: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    meter.bytes += chunk.length;
    yield chunk;
  }
}

const COLUMNS: readonly RowsColumn[] = [
  { name: 'file', title: 'file' },
  ...['read', 'accepted', 'duplicates', 'rejected'].map(
    (name): RowsColumn => ({ name, title: name, align: 'right', show: (value) => count(value as number) }),
  ),
];

async function report(out: Context['out'], results: readonly FileResult[]): Promise<void> {
  const rows = results.map(({ file, tally, resumed, broken, failure }) => ({
    file,
    read: tally.read,
    accepted: tally.accepted,
    duplicates: tally.duplicates,
    rejected: tally.rejected,
    resumed_after: resumed,
    error: failure?.message ?? broken ?? null,
  }));
  const sum = (name: 'read' | 'accepted' | 'duplicates' | 'rejected'): number =>
    rows.reduce((total, row) => total + row[name], 0);
  const total = {
    read: sum('read'),
    accepted: sum('accepted'),
    duplicates: sum('duplicates'),
    rejected: sum('rejected'),
  };
  const reasons = results.flatMap(({ file, tally }) =>
    tally.reasons.map(({ code, field, count: lines, examples }) => ({
      file,
      code,
      field,
      count: lines,
      examples: examples.map(({ line, message }) => ({ line, message })),
    })),
  );
  const shown = rows.length > 1 && out.format === 'table' ? [...rows, { file: 'all', ...total }] : rows;
  await out.rows(COLUMNS, shown, { ...total, files: rows, reasons });
  for (const { file, code, field, count: lines, examples } of reasons) {
    out.say(`${plain(file)}: ${count(lines)} × ${code}${field ? ` in ${plain(field)}` : ''}`);
    for (const { line, message } of examples) out.say(`  ${plain(file)}:${line}: ${plain(message)}`);
  }
  for (const { file, resumed, broken, failure } of results) {
    if (resumed > 0) out.say(`${plain(file)}: went on after ${count(resumed)} lines of an earlier run`);
    if (broken !== undefined) out.say(`pegbar: ${plain(file)}: ${plain(broken)}`);
    if (failure) {
      out.say(`pegbar: ${plain(failure.message)}${failure.hint ? `\n${plain(failure.hint)}` : ''}`);
      if (file !== STDIN) out.say('the same command again goes on from here');
    }
  }
}

/** 3 (or what the server's answer means) where it stopped, 2 where nothing could be read, 1 where not all could. */
function exitOf(results: readonly FileResult[]): number {
  const failure = results.find((one) => one.failure)?.failure;
  if (failure) return failure.exit;
  const taken = results.reduce((sum, { tally }) => sum + tally.accepted + tally.duplicates, 0);
  if (taken === 0) return EXIT.usage;
  const partial = results.some(({ tally, broken }) => tally.rejected > 0 || broken !== undefined);
  return partial ? EXIT.finding : EXIT.ok;
}
