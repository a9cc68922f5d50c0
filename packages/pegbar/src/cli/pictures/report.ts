import type { PictureReport, WalkCounts } from '../../importers/index.ts';
import type { Output, RowsColumn } from '../terminal/output.ts';
import { plain } from '../terminal/table.ts';
import { count } from '../terminal/units.ts';

const COLUMNS: readonly RowsColumn[] = (
  [
    ['read', 'pictures'],
    ['accepted', 'added'],
    ['duplicates', 'there already'],
    ['known', 'sent before'],
    ['rejected', 'not taken'],
  ] as const
).map(([name, title]) => ({ name, title, align: 'right', show: (value) => count(value as number) }));

/** What became of the files, for people and for machines. */
export async function tellReport(
  out: Output,
  report: PictureReport,
  counts: WalkCounts,
  failure: { message: string } | undefined,
): Promise<void> {
  const { pictures, known, generators, notes, bytes } = report;
  const { read, accepted, duplicates, rejected } = pictures;
  const row = { read, accepted, duplicates, known, rejected };
  const told = (reasons: PictureReport['pictures']['reasons']) =>
    reasons.map(({ code, field, count: files, examples }) => ({
      code,
      field,
      count: files,
      examples: examples.map(({ message }) => message),
    }));
  const json = {
    ...row,
    bytes,
    generators,
    other_files: counts.other,
    hidden: counts.hidden,
    reasons: told(pictures.reasons),
    notes: told(notes.reasons),
    error: failure?.message ?? null,
  };
  await out.rows(COLUMNS, [row], json);
  const by = Object.entries(generators).sort(([, a], [, b]) => b - a);
  if (by.length > 0) out.say(`made by: ${by.map(([name, files]) => `${name} ${count(files)}`).join(', ')}`);
  for (const { code, field, count: files, examples } of pictures.reasons) {
    out.say(`${count(files)} not taken: ${code}${field ? ` in ${plain(field)}` : ''}`);
    for (const { message } of examples) out.say(`  ${plain(message)}`);
  }
  for (const { code, field, count: files, examples } of notes.reasons) {
    out.say(`${count(files)} taken with a note: ${code}${field ? ` in ${plain(field)}` : ''}`);
    for (const { message } of examples) out.say(`  ${plain(message)}`);
  }
  if (counts.other > 0) out.say(`${count(counts.other)} other files were passed over`);
  if (counts.hidden > 0) out.say(`${count(counts.hidden)} hidden files and folders were passed over`);
}
