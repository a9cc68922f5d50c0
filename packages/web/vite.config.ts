/** The pages, as files that the server hands out. No network, no CDN: everything comes out of this folder. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import { GROUPS } from './chunks.ts';

/** Where `npm run dev` finds a server; a running `pegbar up` or `pegbar demo`. */
const SERVER = process.env.PEGBAR_URL ?? 'http://127.0.0.1:4300';

/**
 * The library of queries brings mutations along (2 KB of what everybody loads); acts of ours are `api/act.ts`. Where a
 * newer version of it moves the module, the shell is heavier again and nothing else changes.
 */
const withoutMutations: Plugin = {
  name: 'without-mutations',
  enforce: 'pre',
  resolveId: {
    filter: { id: /^\.\/mutationCache\.js$/ },
    handler: (_, importer) =>
      importer?.endsWith('/@tanstack/query-core/build/modern/queryClient.js')
        ? fileURLToPath(new URL('./src/base/no-mutations.ts', import.meta.url))
        : null,
  },
};

export default defineConfig({
  plugins: [react(), withoutMutations],
  root: import.meta.dirname,
  resolve: {
    conditions: ['pegbar-source', ...defaultClientConditions],
    // What wouter brings along for others: React has the hook itself since 18, and paths are matched by `routes.ts`.
    alias: {
      'use-sync-external-store/shim/index.js': 'react',
      regexparam: fileURLToPath(new URL('./src/base/no-patterns.ts', import.meta.url)),
    },
  },
  server: { proxy: { '/api': SERVER, '/login': SERVER, '/logout': SERVER } },
  build: {
    outDir: '../pegbar/dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing is inlined: the Content-Security-Policy allows files of ours only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [...GROUPS] } } },
  },
});
