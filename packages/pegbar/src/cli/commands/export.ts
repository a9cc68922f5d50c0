import { open, rename, rm } from 'node:fs/promises';
import { choice, command, EXIT, text } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { writeAll } from '../io.ts';
import { createProgress } from '../terminal/progress.ts';
import { bytes } from '../terminal/units.ts';
import { rangeOf, rangeOptions } from '../time-range.ts';

const DEFAULT_LAST_MS = 7 * 86_400_000;
/** A year of a large table takes this long to stream from a slow disk. */
const EXPORT_TIMEOUT_MS = 3_600_000;
const TABLES =
  'requests, stages, spans, logs, metric_points, images, scores, feedback, deployments, frames, …';

export const exportCommand = command({
  name: 'export',
  summary: 'A table as Parquet or NDJSON.',
  positionals: [{ name: 'TABLE', help: `${TABLES}; or say --what` }],
  options: {
    what: text('TABLE', 'the table, for scripts that like names'),
    ...rangeOptions('7d'),
    format: choice(['parquet', 'ndjson'], "file format (by the file's ending, else ndjson)"),
    out: text('FILE', 'file to write; standard output without it', 'o'),
  },
  examples: [
    { line: 'pegbar export requests --last 30d --out requests.parquet', says: 'for DuckDB, Spark or pandas' },
    {
      line: 'pegbar export logs --from 2026-03-01 --to 2026-03-02 | gzip > logs.ndjson.gz',
      says: 'one day of logs',
    },
  ],
  async run(context) {
    const { values, positionals, client, out, io } = context;
    const what = values.what ?? positionals[0];
    if (what === undefined || (values.what !== undefined && positionals[0] !== undefined)) {
      return wrongUsage(context, `say one table: ${TABLES}`);
    }
    const range = rangeOf(values, io.clock, DEFAULT_LAST_MS);
    if (!range.ok) return wrongUsage(context, range.error);
    const format = values.format ?? (values.out?.endsWith('.parquet') ? 'parquet' : 'ndjson');
    if (format === 'parquet' && values.out === undefined && io.stdout.isTTY) {
      return wrongUsage(context, 'Parquet is not for a terminal: say --out FILE');
    }
    const answer = await client.raw('GET', '/api/v1/export', {
      query: { what, format, ...range.value },
      timeoutMs: EXPORT_TIMEOUT_MS,
    });
    if (!answer.ok) {
      const exit = failed(out, answer.error);
      // A view of that name is missing from the command line, not from the data.
      return answer.error.kind === 'missing' ? EXIT.usage : exit;
    }
    const progress = createProgress(io.stderr, io.clock, `export ${what}`, 'bytes');
    let written = 0;
    const body = count(answer.value.body ?? [], (size) => {
      io.signal?.throwIfAborted();
      written += size;
      progress.update(written, undefined);
    });
    try {
      if (values.out === undefined) for await (const chunk of body) await writeAll(io.stdout, chunk);
      else await writeFile(values.out, body);
    } catch (error) {
      progress.clear();
      out.say(`pegbar: the export broke off after ${bytes(written)}: ${(error as Error).message}`);
      return io.signal?.aborted ? EXIT.finding : EXIT.unreachable;
    }
    progress.clear();
    out.say(`${what}: ${bytes(written)} as ${format}, ${range.value.from} to ${range.value.to}`);
    return EXIT.ok;
  },
});

async function* count(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  tell: (size: number) => void,
) {
  for await (const chunk of source) {
    tell(chunk.length);
    yield chunk;
  }
}

/** Writes beside the file and renames at the end, so that a broken export never looks like a whole one. */
async function writeFile(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const beside = `${path}.part`;
  const file = await open(beside, 'w');
  try {
    for await (const chunk of body) await file.writeFile(chunk);
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
}
