import { readdir } from 'node:fs/promises';
import { type PictureReport, sendPictures, shownPath } from '../../importers/index.ts';
import { type Context, command, EXIT, integer } from '../command.ts';
import { wrongUsage } from '../failure.ts';
import { pictureSession, rootsOf } from '../pictures/session.ts';
import { TAG_OPTIONS, tagsOf } from '../pictures/tags.ts';
import { watchFolders } from '../pictures/watcher.ts';
import { plain } from '../terminal/table.ts';
import { count, duration } from '../terminal/units.ts';

/** How often files that were heard of are looked at. */
const LOOK_EVERY_MS = 500;
const DEFAULT_RESCAN_S = 60;
/** A server that is away is asked again after this, then after twice as long, up to the most. */
const AWAY_FIRST_MS = 1_000;
const AWAY_MOST_MS = 60_000;

const OPTIONS = {
  ...TAG_OPTIONS,
  rescan: integer('SECONDS', `look through all folders so often (${DEFAULT_RESCAN_S})`, 1, 86_400),
} as const;

export const watchCommand = command({
  name: 'watch',
  summary: 'Keep sending new pictures of folders.',
  details:
    'First what is there and was not sent yet, then every new picture as soon as it is whole, until Ctrl-C. Metadata ' +
    'and options are those of `import images`. While the server is away nothing is lost: the folders are the ' +
    'buffer, and they are looked through when it is back, after each `--rescan`, and where the system loses count.',
  positionals: [{ name: 'DIR', help: 'folders', required: true, many: true }],
  options: OPTIONS,
  examples: [
    { line: 'pegbar watch ~/ComfyUI/output', says: 'pictures as they are made' },
    { line: 'pegbar watch out --collection noir --format ndjson', says: 'a line of JSON for each' },
  ],
  run: (context) => watch(context as unknown as Context<typeof OPTIONS>),
});

interface Totals {
  sent: number;
  duplicates: number;
  refused: number;
}

async function watch(context: Context<typeof OPTIONS>): Promise<number> {
  const { io, out, values, positionals } = context;
  const { clock, signal } = io;
  const wrong = await notFolder(positionals);
  if (wrong !== undefined) {
    return wrongUsage(context, `${plain(wrong)} is no folder that can be read`);
  }
  const session = await pictureSession(context, tagsOf(values));
  const watcher = watchFolders(rootsOf(positionals), { clock, journal: session.journal, say: out.say });
  const rescan_ms = (values.rescan ?? DEFAULT_RESCAN_S) * 1_000;
  const totals: Totals = { sent: 0, duplicates: 0, refused: 0 };
  let scanned = Number.NEGATIVE_INFINITY;
  let away = 0;
  let exit: number = EXIT.ok;
  out.say(`watching ${positionals.map(plain).join(', ')}; Ctrl-C ends`);
  while (!signal?.aborted) {
    const all = watcher.lost() || clock.monotonic() - scanned >= rescan_ms;
    if (all) scanned = clock.monotonic();
    const { report, failure } = await sendPictures(watcher.ready(all), {
      ...session,
      onProgress: () => undefined,
      onSent: (path, generator) => void tellSent(out, path, generator),
      onProblem: (path, code, message) => {
        out.say(`pegbar: ${plain(shownPath(path))}: ${plain(message)} (${code})`);
        void watcher.refuse(path);
      },
      signal,
    });
    add(totals, report);
    tellNotes(out.say, report);
    if (!failure) {
      if (away > 0) out.say('the server is back');
      away = 0;
      await clock.sleep(LOOK_EVERY_MS, signal);
      continue;
    }
    if (signal?.aborted) break;
    if (session.isDenied()) {
      out.say(`pegbar: ${plain(failure.message)}${failure.hint ? `\n${plain(failure.hint)}` : ''}`);
      exit = failure.exit;
      break;
    }
    const wait = Math.min(AWAY_MOST_MS, AWAY_FIRST_MS * 2 ** away++);
    out.say(`pegbar: ${plain(failure.message)}; trying again in ${duration(wait)}`);
    // What was in the making is found again by looking through the folders.
    scanned = Number.NEGATIVE_INFINITY;
    await clock.sleep(wait, signal);
  }
  watcher.close();
  await tellEnd(out, totals);
  return exit;
}

/** A folder that comes later would be watched for nothing: a wrong name is told at once. */
async function notFolder(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await readdir(path).catch(() => undefined);
    if (!found) return path;
  }
  return undefined;
}

function add(totals: Totals, { pictures }: PictureReport): void {
  totals.sent += pictures.accepted;
  totals.duplicates += pictures.duplicates;
  totals.refused += pictures.rejected;
}

/** What was taken with something missing; what was not taken was told file by file. */
function tellNotes(say: (text: string) => void, { notes }: PictureReport): void {
  for (const { code, field, count: files, examples } of notes.reasons) {
    if (code === 'no_metadata') continue;
    say(`${count(files)} with a note: ${code}${field ? ` in ${plain(field)}` : ''}`);
    for (const { message } of examples) say(`  ${plain(message)}`);
  }
}

function tellSent(out: Context['out'], path: Buffer, generator: string | undefined): Promise<void> {
  const shown = shownPath(path);
  if (out.format === 'ndjson') return out.line(JSON.stringify({ path: shown, generator: generator ?? null }));
  if (out.format === 'json') return Promise.resolve();
  return out.line(`sent ${plain(shown)}${generator ? ` (${generator})` : ''}`);
}

async function tellEnd(out: Context['out'], totals: Totals): Promise<void> {
  if (out.format === 'json') return out.document(totals);
  const { sent, duplicates, refused } = totals;
  out.say(`${count(sent)} sent, ${count(duplicates)} there already, ${count(refused)} not taken`);
}
