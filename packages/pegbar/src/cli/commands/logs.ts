import { type Context, command, EXIT, flag, integer, texts } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { pages } from '../pages.ts';
import type { Style } from '../terminal/output.ts';
import { plain } from '../terminal/table.ts';
import { instant } from '../terminal/units.ts';
import { type Range, rangeOf, rangeOptions } from '../time-range.ts';

const DEFAULT_LAST_MS = 3_600_000;
const DEFAULT_LIMIT = 200;
const LIMIT_MOST = 100_000;
const FOLLOW_EVERY_MS = 1_000;
/** Senders batch: what arrives late by up to this is still shown by --follow. */
const FOLLOW_OVERLAP_MS = 30_000;
const FOLLOW_LIMIT = 5_000;

type Log = Record<string, unknown>;

export const logs = command({
  name: 'logs',
  summary: 'Log records; --follow shows new ones as they come.',
  options: {
    ...rangeOptions('1h'),
    filter: texts('FILTER', "keep what matches: 'severity=ERROR', 'body~out of memory' (repeatable)"),
    limit: integer('N', `at most the newest N (${DEFAULT_LIMIT})`, 1, LIMIT_MOST),
    follow: flag('keep showing what arrives, until Ctrl-C'),
  },
  examples: [
    { line: 'pegbar logs --follow --filter severity=ERROR', says: 'errors as they come' },
    {
      line: 'pegbar logs --filter trace_id=4bf92f3577b34da6a3ce929d0e0e4736 --last 7d',
      says: 'of one trace',
    },
  ],
  async run(context) {
    const { values, client, out, io } = context;
    const range = rangeOf(values, io.clock, DEFAULT_LAST_MS);
    if (!range.ok) return wrongUsage(context, range.error);
    if (values.follow && out.format === 'json') {
      return wrongUsage(context, 'with --follow there is no one document: use --format ndjson');
    }
    const limit = values.limit ?? DEFAULT_LIMIT;
    const found = await pages(client, '/api/v1/logs', { ...range.value, filter: values.filter }, limit);
    if (!found.ok) return failed(out, found.error);
    const items = found.value.items.sort(byTime);
    if (out.format !== 'table') {
      const columns = ['timestamp', 'severity', 'body', 'service', 'trace_id', 'span_id', 'attributes'];
      await out.rows(
        columns.map((name) => ({ name, title: name })),
        items,
        { ...found.value, items },
      );
    } else for (const log of items) await out.line(line(context, log));
    if (found.value.next_cursor) out.say(`there are more; the newest ${items.length} are shown (--limit)`);
    return values.follow ? follow(context, values.filter, range.value, items) : EXIT.ok;
  },
});

const byTime = (a: Log, b: Log): number => String(a.timestamp).localeCompare(String(b.timestamp));

/** Asks again and again for the last moments and shows what was not there before. */
async function follow(
  context: Pick<Context, 'client' | 'out' | 'io'>,
  filter: readonly string[],
  range: Range,
  shown: readonly Log[],
): Promise<number> {
  const { client, out, io } = context;
  let seen = new Map(shown.map((log) => [JSON.stringify(log), Date.parse(String(log.timestamp))]));
  let from = Date.parse(range.from);
  while (!io.signal?.aborted) {
    await io.clock.sleep(FOLLOW_EVERY_MS, io.signal);
    if (io.signal?.aborted) break;
    const now = io.clock.now();
    from = Math.max(from, now - FOLLOW_OVERLAP_MS - FOLLOW_EVERY_MS);
    const query = {
      from: new Date(from).toISOString(),
      to: new Date(now).toISOString(),
      filter,
    };
    const found = await pages(client, '/api/v1/logs', query, FOLLOW_LIMIT);
    if (!found.ok) return io.signal?.aborted ? EXIT.ok : failed(out, found.error);
    for (const log of found.value.items.sort(byTime)) {
      const identity = JSON.stringify(log);
      if (seen.has(identity)) continue;
      seen.set(identity, now);
      await out.line(out.format === 'table' ? line(context, log) : JSON.stringify(log));
    }
    seen = new Map([...seen].filter(([, at]) => at >= from - FOLLOW_OVERLAP_MS));
  }
  return EXIT.ok;
}

function line(context: Pick<Context, 'out'>, log: Log): string {
  const severity = String(log.severity ?? '');
  const head = [instant(log.timestamp as string), context.out.style(severity.padEnd(5), styleOf(severity))];
  if (log.service) head.push(plain(String(log.service)));
  const body = plain(typeof log.body === 'string' ? log.body : JSON.stringify(log.body ?? ''));
  const trace = log.trace_id ? context.out.style(` trace=${plain(String(log.trace_id))}`, 'dim') : '';
  return `${head.join('  ')}  ${body}${trace}`;
}

function styleOf(severity: string): Style {
  if (/^(error|fatal)/i.test(severity)) return 'red';
  return /^warn/i.test(severity) ? 'yellow' : 'dim';
}
