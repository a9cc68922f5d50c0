// Before packing: puts the workspace packages that are not published into this package's own node_modules, from
// where `bundleDependencies` takes them along. After packing they go again (`--clean`), so that the workspace's
// links are what is resolved here.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const own = join(here, 'node_modules');
rmSync(join(own, '@pegbar'), { recursive: true, force: true });
if (!process.argv.includes('--clean'))
  for (const name of ['contract', 'stats']) {
    const from = join(here, '..', name);
    const to = join(own, '@pegbar', name);
    mkdirSync(to, { recursive: true });
    cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true });
    // Their dependencies are this package's own: npm would bundle what it finds of them here, which is nothing.
    const { dependencies: _, ...manifest } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    writeFileSync(join(to, 'package.json'), JSON.stringify(manifest, null, 2));
  }
