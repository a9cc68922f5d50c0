import { writeFile } from 'node:fs/promises';
import { fail, ok } from '../../base/result.ts';
import { command, EXIT, flag, type One, text } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { plain } from '../terminal/table.ts';
import { readInstant } from '../time-range.ts';
import { baseline, segmentText } from './drift.ts';
import { type DriftReport, lookedAt, reportPage } from './report-drift-page.ts';

const DAY_MS = 86_400_000;

const day: One<number> = {
  kind: 'one',
  value: 'DAY',
  help: 'UTC day, 2026-03-01 (yesterday)',
  read: (raw) => {
    const read = readInstant(raw);
    if (!read.ok) return read;
    return read.value % DAY_MS === 0 ? ok(read.value) : fail('say a day: 2026-03-01');
  },
};

export const reportDrift = command({
  name: 'report drift',
  summary: 'The daily drift and quality report.',
  details:
    'Everything that drifted on a day, each thing once, the worst first, with what was looked at. Exit status: 0 nothing drifted, 1 something did, 4 nothing could be decided.',
  options: {
    day,
    baseline,
    html: text('FILE', 'write it as an HTML page too, fit for the body of a mail'),
    json: flag('one JSON document on stdout'),
  },
  examples: [
    { line: 'pegbar report drift', says: 'what drifted yesterday?' },
    { line: 'pegbar report drift --day 2026-03-01 --html report.html', says: 'for a mail' },
  ],
  async run(context) {
    const { values, client, out, io } = context;
    const from = values.day ?? Math.floor(io.clock.now() / DAY_MS) * DAY_MS - DAY_MS;
    const range = { from: new Date(from).toISOString(), to: new Date(from + DAY_MS).toISOString() };
    const answer = await client.json<DriftReport>('GET', '/api/v1/drift/findings', {
      query: { ...range, baseline: values.baseline, limit: 50 },
    });
    if (!answer.ok) return failed(out, answer.error);
    const report = answer.value;
    if (out.format === 'json') await out.document(report);
    else for (const line of textOf(report)) await out.line(plain(line));
    if (values.html !== undefined) {
      try {
        await writeFile(values.html, reportPage(report));
      } catch (error) {
        return wrongUsage(context, plain(`${values.html} cannot be written: ${(error as Error).message}`));
      }
    }
    return exitOf(report);
  },
});

function exitOf({ total, looked_at }: DriftReport): number {
  if (total > 0) return EXIT.finding;
  return looked_at.no_drift + looked_at.changed_but_small === 0 ? EXIT.undecided : EXIT.ok;
}

/** Others of one story that are told; the JSON has all. */
const ALSO_MOST = 6;

function textOf(report: DriftReport): string[] {
  const { findings, total } = report;
  const lines = [`Drift of ${report.from.slice(0, 10)} against ${report.baseline.asked}`, ''];
  if (total === 0) lines.push('Nothing drifted.');
  for (const one of findings) {
    lines.push(`${segmentText(one)}: ${one.words}`);
    lines.push(
      `  since ${one.since ?? 'an hour that cannot be told'}; likely cause: ${one.cause_words ?? 'none likely'}`,
    );
    for (const other of one.also.slice(0, ALSO_MOST))
      lines.push(`  also ${segmentText(other)}: ${other.words}`);
    if (one.also.length > ALSO_MOST) lines.push(`  and ${one.also.length - ALSO_MOST} more`);
    lines.push('');
  }
  return [...lines, lookedAt(report)];
}
