import { command, EXIT } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';

interface QueryAnswer {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  truncated: boolean;
}

/** The API takes no longer statement. */
const SQL_MOST_BYTES = 100_000;

export const query = command({
  name: 'query',
  summary: 'Read-only SQL over the published views.',
  details:
    'Views: requests, stages, spans, logs, metric_points, images, scores, feedback, deployments, frames, ' +
    'queue_samples, gpu_samples, embeddings, prompts. At most 100,000 rows, 64 MB, 30 s; where the answer was ' +
    'cut, that is said and the exit status is 1.',
  positionals: [{ name: 'SQL', help: 'one SELECT; `-` reads it from standard input', required: true }],
  options: {},
  examples: [
    {
      line: 'pegbar query "SELECT outcome, count() FROM requests GROUP BY outcome"',
      says: 'how did they end?',
    },
    { line: 'pegbar query - --format csv < weekly.sql > weekly.csv', says: 'from a file, for a spreadsheet' },
  ],
  async run(context) {
    const { positionals, client, out, io } = context;
    const sql = positionals[0] === '-' ? await readAll(io.stdin) : positionals[0];
    if (sql === undefined) return wrongUsage(context, 'the statement is longer than 100,000 bytes');
    if (sql.trim() === '') return wrongUsage(context, 'there is no SQL to run');
    const answer = await client.json<QueryAnswer>('POST', '/api/v1/query', { body: JSON.stringify({ sql }) });
    if (!answer.ok) return failed(out, answer.error);
    const { columns, rows, truncated } = answer.value;
    const named = rows.map((row) =>
      Object.fromEntries(columns.map((column, index) => [column.name, row[index]])),
    );
    const shown = columns.map(({ name, type }) => ({
      name,
      title: name,
      align: /^(Nullable\()?(U?Int|Float|Decimal)/.test(type) ? ('right' as const) : ('left' as const),
    }));
    await out.rows(shown, named, answer.value);
    if (!truncated) return EXIT.ok;
    out.say('the answer was cut: narrow the question, or use `pegbar export` for whole tables');
    return EXIT.finding;
  },
});

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > SQL_MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
