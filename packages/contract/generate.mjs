// Writes every file that is generated from the contract; with --check it only says which are stale (status 1).
// Run after `tsc -b`: `npm run generate`, `npm run generate:check`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { staleFiles } from './dist/generators/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Enough to see what changed without drowning the terminal. */
const SHOWN_LINES = 10;

const stale = staleFiles((path) => {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
});

if (process.argv.includes('--check')) {
  for (const { path, difference } of stale) {
    console.error(`${path} is stale: ${difference.length} lines differ`);
    for (const line of difference.slice(0, SHOWN_LINES)) console.error(`  ${line}`);
  }
  if (stale.length > 0) {
    console.error('Run `npm run generate` and commit what it writes.');
    process.exitCode = 1;
  }
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`wrote ${path}`);
  }
}
