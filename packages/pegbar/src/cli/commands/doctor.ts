import { type Context, command, EXIT, integer } from '../command.ts';
import { type Check, diagnose } from '../doctor/index.ts';

const MARKS = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'skipped' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;
const DEFAULT_WAIT_S = 60;

export const doctor = command({
  name: 'doctor',
  summary: 'Probe the whole line; name what is wrong.',
  details:
    'Looks at the server, its engine, disk and doors, sends a span over OTLP and an event over the API, and reads ' +
    'both back. The probe is a cancelled request with traffic_source `pegbar-doctor`: it is in no success figure.',
  options: { wait: integer('SECONDS', `patience with the flush (${DEFAULT_WAIT_S})`, 1, 600) },
  examples: [
    { line: 'pegbar doctor', says: 'is everything as it should be?' },
    { line: 'pegbar doctor --url https://pegbar.example --json', says: 'from a CI job' },
  ],
  async run(context) {
    const { values, out } = context;
    const checks = await diagnose(context, (values.wait ?? DEFAULT_WAIT_S) * 1_000);
    const failed = checks.filter((check) => check.state === 'failed');
    if (out.format === 'json') await out.document({ ok: failed.length === 0, checks });
    else if (out.format !== 'table') {
      await out.rows(
        ['name', 'state', 'says', 'ms', 'cure'].map((name) => ({ name, title: name })),
        checks.map((check) => ({ ...check })),
        checks,
      );
    } else {
      const width = checks.reduce((most, check) => Math.max(most, check.name.length), 0);
      for (const check of checks) await out.line(line(context, check, width));
      out.say(
        failed.length === 0 ? 'the line is whole' : `${failed.length} of ${checks.length} checks failed`,
      );
    }
    const [first] = checks;
    if (first?.state === 'failed' || failed.some((check) => check.denied)) return EXIT.unreachable;
    return failed.length === 0 ? EXIT.ok : EXIT.finding;
  },
});

function line({ out }: Pick<Context, 'out'>, check: Check, width: number): string {
  const mark = out.style(MARKS[check.state].padEnd(MARKS.warning.length), COLOURS[check.state]);
  const took = check.ms === undefined ? '' : `  (${check.ms} ms)`;
  const cure = check.cure ? `\n${' '.repeat(width + MARKS.warning.length + 4)}→ ${check.cure}` : '';
  return `${mark}  ${check.name.padEnd(width)}  ${check.says}${took}${cure}`;
}
