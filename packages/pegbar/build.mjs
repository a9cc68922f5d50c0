// Copies what tsc does not (SQL migrations and data files, from src to dist), and keeps what is slow to work out.
import { cpSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
cpSync(join(here, 'src'), join(here, 'dist'), {
  recursive: true,
  filter: (source) => extname(source) !== '.ts',
});

const { readMerges } = await import('./dist/features/clip.js');
writeFileSync(join(here, 'dist/features/clip-merges.bin'), readMerges());
