import { type SinkFailure, sendPictures, type WalkCounts, walk } from '../../importers/index.ts';
import { type Context, command, EXIT } from '../command.ts';
import { tellReport } from '../pictures/report.ts';
import { pictureSession, rootsOf } from '../pictures/session.ts';
import { TAG_OPTIONS, tagsOf } from '../pictures/tags.ts';
import { createProgress } from '../terminal/progress.ts';
import { plain } from '../terminal/table.ts';

export const importImagesCommand = command({
  name: 'import images',
  summary: 'Send folders of pictures with what their metadata tells.',
  details:
    'PNG, JPEG, WebP, GIF, MP4 and WebM, with the metadata of A1111 and Forge (also hidden in the pixels), ComfyUI, ' +
    'InvokeAI, Fooocus, NovelAI and SwarmUI. A picture stays where it is: sent are what it says of itself, its ' +
    'place, its digest and a small copy for lists. What says nothing comes in as a picture without a request. ' +
    'A second run adds nothing; an interrupted one goes on.',
  positionals: [{ name: 'DIR', help: 'folders, or pictures', required: true, many: true }],
  options: TAG_OPTIONS,
  examples: [
    { line: 'pegbar import images ~/ComfyUI/output', says: 'everything below a folder' },
    { line: 'pegbar import images reference/noir --collection noir', says: 'reference pictures of a style' },
  ],
  run: async (context) => {
    const { io, out, values, positionals } = context as Context<typeof TAG_OPTIONS>;
    const roots = rootsOf(positionals);
    const session = await pictureSession(context, tagsOf(values));
    const counts: WalkCounts = { other: 0, hidden: 0 };
    const total = await countOf(roots);
    const progress = createProgress(io.stderr, io.clock, 'pictures', 'pictures');
    const { report, failure } = await sendPictures(walk(roots, counts), {
      ...session,
      onProgress: (files) => progress.update(files, total ? Math.min(1, files / total) : undefined),
      signal: io.signal,
    });
    progress.clear();
    await tellReport(out, report, counts, failure);
    const { read, accepted, duplicates, rejected } = report.pictures;
    if (failure) return stopped(out, failure);
    if (io.signal?.aborted) return stopped(out, { message: 'interrupted', exit: EXIT.finding });
    if (read === 0) out.say('pegbar: there are no pictures');
    if (accepted + duplicates + report.known === 0) return EXIT.usage;
    return rejected > 0 ? EXIT.finding : EXIT.ok;
  },
});

/** Names only, so that the bar knows its end before the first picture is read. */
async function countOf(roots: readonly Buffer[]): Promise<number> {
  let total = 0;
  for await (const _ of walk(roots, { other: 0, hidden: 0 })) total++;
  return total;
}

function stopped(out: Context['out'], failure: Pick<SinkFailure, 'message' | 'hint' | 'exit'>): number {
  out.say(`pegbar: ${plain(failure.message)}${failure.hint ? `\n${plain(failure.hint)}` : ''}`);
  out.say('the same command again goes on from here');
  return failure.exit;
}
