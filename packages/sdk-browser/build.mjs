// The package as one file, for pages without a bundler: dist/pegbar.js. Says how large it is, packed.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

export async function bundle() {
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('.', import.meta.url)),
    build: {
      lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'pegbar.js' },
      emptyOutDir: false,
      minify: true,
      target: 'es2022',
    },
  });
  const code = readFileSync(new URL('dist/pegbar.js', import.meta.url));
  return { bytes: code.length, packed_bytes: gzipSync(code, { level: 9 }).length };
}

if (import.meta.filename === process.argv[1]) {
  const { bytes, packed_bytes } = await bundle();
  process.stderr.write(`@pegbar/browser: ${bytes} bytes, ${packed_bytes} packed\n`);
}
