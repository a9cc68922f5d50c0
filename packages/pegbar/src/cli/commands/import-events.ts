import { eventItems } from '../../importers/index.ts';
import { command } from '../command.ts';
import { runImport } from '../import-run.ts';

export const importEventsCommand = command({
  name: 'import events',
  summary: 'Send files of events, NDJSON.',
  details:
    'One record per line, gzip or not: the reference event or any other record. Interrupted imports go on where they ' +
    'stopped; a second run finds duplicates, also weeks later. Lines that cannot be taken are named, the ' +
    'others are kept.',
  positionals: [
    { name: 'FILE', help: 'files to send, in this order; `-` is standard input', required: true, many: true },
  ],
  options: {},
  examples: [
    { line: 'pegbar import events events.ndjson archive/*.ndjson.gz', says: 'a backfill' },
    { line: 'producer | pegbar import events -', says: 'from a pipe' },
  ],
  run: (context) =>
    runImport(context, {
      name: 'events',
      variant: '',
      tenant: undefined,
      items: (_file, bytes) => eventItems(bytes),
    }),
});
