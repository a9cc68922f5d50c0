import { writeFile } from 'node:fs/promises';
import { fail, ok } from '../../base/result.ts';
import { choice, command, EXIT, flag, type One, text } from '../command.ts';
import { failed, wrongUsage } from '../failure.ts';
import { plain } from '../terminal/table.ts';
import { readInstant } from '../time-range.ts';
import { baseline } from './drift.ts';

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

/** What the command reads of the report; the answer has more (docs/api.md). */
interface Report {
  total: number;
  looked_at: { no_drift: number; changed_but_small: number };
  mail?: { html: string; text: string; message: string };
}

export const reportDrift = command({
  name: 'report drift',
  summary: 'The daily drift and quality report.',
  details:
    'Everything that drifted on a day, each thing once, the worst first; the key figures beside the day and the week ' +
    'before; what was deployed and what was looked at. As text, as the HTML body of a mail (styles in line, nothing is ' +
    'fetched), as a whole message with both bodies, or as JSON. Exit status: 0 nothing drifted, 1 something did, 4 ' +
    'nothing could be decided.',
  options: {
    day,
    baseline,
    format: choice(['text', 'html', 'mail', 'json'] as const, 'text, html, mail (a message) or json (text)'),
    html: text('FILE', 'write the HTML body to a file too'),
    link: text('URL', 'where people reach the server, for the links of a mail; no links without it'),
    json: flag('the same as --format json'),
  },
  examples: [
    { line: 'pegbar report drift', says: 'what drifted yesterday?' },
    { line: 'pegbar report drift --day 2026-03-01 --html report.html', says: 'for a mail' },
    {
      line: '(echo "To: art@studio.example"; pegbar report drift --format mail) | sendmail -t',
      says: 'every morning, from cron',
    },
  ],
  async run(context) {
    const { values, client, out, io } = context;
    const format = values.json ? 'json' : (values.format ?? 'text');
    const from = values.day ?? Math.floor(io.clock.now() / DAY_MS) * DAY_MS - DAY_MS;
    const answer = await client.json<Report>('GET', '/api/v1/drift/report', {
      query: {
        day: new Date(from).toISOString().slice(0, 10),
        baseline: values.baseline,
        link: values.link,
        mail: 'true',
      },
    });
    if (!answer.ok) return failed(out, answer.error);
    const { mail, ...report } = answer.value;
    if (mail === undefined) return wrongUsage(context, 'the server is older than this command');
    if (format === 'json') await out.document(report);
    else if (format === 'html') await out.line(mail.html.trimEnd());
    else if (format === 'mail') await out.line(mail.message);
    else for (const line of mail.text.trimEnd().split('\n')) await out.line(plain(line));
    if (values.html !== undefined) {
      try {
        await writeFile(values.html, mail.html);
      } catch (error) {
        return wrongUsage(context, plain(`${values.html} cannot be written: ${(error as Error).message}`));
      }
    }
    return exitOf(report);
  },
});

function exitOf({ total, looked_at }: Report): number {
  if (total > 0) return EXIT.finding;
  return looked_at.no_drift + looked_at.changed_but_small === 0 ? EXIT.undecided : EXIT.ok;
}
