// Builds the pages into the published package and packs each file twice, so that the server never compresses one while
// somebody waits. Unchanged sources are not built again.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { writeShells } from './shells.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../pegbar/dist/web');
const stamp = join(out, '.stamp');
/** Pictures and fonts are packed already. */
const TEXT = /\.(?:html|js|css|svg|txt|json)$/;
/** Below this the headers weigh more than what is saved. */
const LEAST_BYTES = 512;

const filesIn = (dir) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile())
    .sort();

function digest() {
  const hash = createHash('sha256');
  const inputs = [
    ...['index.html', 'vite.config.ts', 'chunks.ts', 'build.mjs', 'shells.mjs', 'package.json'].map((name) =>
      join(here, name),
    ),
    ...['src', 'public'].flatMap((name) => filesIn(join(here, name))),
    ...filesIn(join(here, '../contract/src')),
    join(here, '../../package-lock.json'),
  ];
  for (const path of inputs) if (!/\.test\.tsx?$/.test(path)) hash.update(path).update(readFileSync(path));
  return hash.digest('hex');
}

const wanted = digest();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  const { build } = await import('vite');
  await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'warn' });
  writeShells(readFileSync(join(here, 'src/app/routes.ts'), 'utf8'), out);
  for (const path of filesIn(out)) {
    if (!TEXT.test(path)) continue;
    const bytes = readFileSync(path);
    if (bytes.length < LEAST_BYTES) continue;
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  }
  writeFileSync(stamp, wanted);
}
