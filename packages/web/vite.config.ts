/** The pages, as files that the server hands out. No network, no CDN: everything comes out of this folder. */
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

/** Where `npm run dev` finds a server; a running `pegbar up` or `pegbar demo`. */
const SERVER = process.env.PEGBAR_URL ?? 'http://127.0.0.1:4300';

export default defineConfig({
  plugins: [react()],
  root: import.meta.dirname,
  resolve: { conditions: ['pegbar-source', ...defaultClientConditions] },
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
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // A group takes along what its modules import: React first, or the shell would load all of aria for it.
            {
              name: 'react',
              test: /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store)\//,
              priority: 1,
            },
            { name: 'aria', test: /react-aria|react-stately|@internationalized|@react-types/ },
            { name: 'uplot', test: /node_modules\/uplot/ },
          ],
        },
      },
    },
  },
});
