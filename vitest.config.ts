import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['pegbar-source'] },
  ssr: { resolve: { conditions: ['pegbar-source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
