import { command, EXIT, flag } from '../command.ts';
import { failed } from '../failure.ts';
import type { RowsColumn } from '../terminal/output.ts';
import { bytes, instant } from '../terminal/units.ts';

const COLUMNS: readonly RowsColumn[] = [
  { name: 'id', whole: true, title: 'id' },
  { name: 'timestamp', whole: true, title: 'time (UTC)', show: (time) => instant(time as string) },
  { name: 'table', title: 'table' },
  { name: 'rows', title: 'rows', align: 'right' },
  {
    name: 'bytes',
    title: 'size',
    align: 'right',
    show: (size) => (typeof size === 'number' ? bytes(size) : '–'),
  },
  { name: 'reason', title: 'reason' },
];

interface Replayed {
  replayed: number;
  rows?: number;
  failed: { id: string; message: string }[] | number;
}

export const replay = command({
  name: 'replay',
  summary: 'Try dead letters again.',
  details:
    'Dead letters are data that were acknowledged and could not be loaded. Without an ID all of them are tried. What was stored meanwhile is not stored twice.',
  positionals: [{ name: 'ID', help: 'dead letters, as --list shows them', many: true }],
  options: { list: flag('only list them') },
  examples: [
    { line: 'pegbar replay --list', says: 'what could not be loaded, and why?' },
    { line: 'pegbar replay', says: 'after the cause is mended' },
  ],
  async run({ values, positionals, client, out }) {
    if (values.list) {
      const listed = await client.json<{ items: Record<string, unknown>[] }>('GET', '/api/v1/dead-letters');
      if (!listed.ok) return failed(out, listed.error);
      await out.rows(COLUMNS, listed.value.items, listed.value);
      return EXIT.ok;
    }
    const body = JSON.stringify(positionals.length ? { ids: positionals } : {});
    const done = await client.json<Replayed>('POST', '/api/v1/dead-letters/replay', { body });
    if (!done.ok) return failed(out, done.error);
    const again = Array.isArray(done.value.failed) ? done.value.failed : [];
    const count = Array.isArray(done.value.failed) ? again.length : (done.value.failed ?? 0);
    if (out.format === 'json') await out.document(done.value);
    else out.say(`${done.value.replayed} replayed, ${count} failed again`);
    if (out.format !== 'json') for (const one of again) out.say(`${one.id}: ${one.message}`);
    return count > 0 ? EXIT.finding : EXIT.ok;
  },
});
