import { defineConfig } from 'vitest/config';

const UNIT = 'packages/*/src/**/*.test.ts';

/**
 * Tests that start an engine (some 300 MB and a core's worth of threads each), a server or real clients.
 * They run after the others and two at a time, so that a laptop of two cores neither swaps nor times out.
 */
const ENGINE = [
  'packages/pegbar/src/store/**/*.test.ts',
  'packages/pegbar/src/rollups/**/*.test.ts',
  'packages/pegbar/src/requests/**/*.test.ts',
  'packages/pegbar/src/explore/**/*.test.ts',
  'packages/pegbar/src/http/**/*.test.ts',
  'packages/pegbar/src/erasure/**/*.test.ts',
  'packages/pegbar/src/dead-letters/**/*.test.ts',
  'tests/**/*.test.ts',
];

/** Real pages in a real browser, over one studio that they share. */
const WEB = 'tests/web/**/*.test.ts';
/** Several pages, one after the other, beside another browser and a server on two cores. */
const PAGE_MS = 150_000;

/** Pure, or at home in the file system alone, although they lie where the engine's tests do. */
const LIGHT = ['tests/architecture.test.ts', 'tests/ci.test.ts', 'tests/sdk/contract.test.ts'];

/** Breaks the house rules on purpose; nothing in it is a test. */
const FIXTURE = 'tests/architecture/fixture/**';

const common = {
  pool: 'forks',
  /** The longest take 10 s by themselves, and more than a minute where ten others share two cores: longer, it hangs. */
  testTimeout: 180_000,
  hookTimeout: 180_000,
  /** `expect.poll` waits a second unless told: less than a busy runner may stand still. */
  expect: { poll: { timeout: 30_000 } },
} as const;

/** Packages of the workspace are tested as source, not as the build of a minute ago. */
const conditions = ['pegbar-source'];
const source = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** Where CI asks for it, the counts of its closing line are written here. */
const report = process.env.PEGBAR_TEST_REPORT;

/**
 * There a test over processes, ports and a browser, on a machine shared with strangers, gets a second try; the closing
 * line names each that needed it, so that nothing passes unseen. Elsewhere, and in tests of pure code, the first counts.
 */
const retry = report === undefined ? 0 : 1;

export default defineConfig({
  ...source,
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        ...source,
        test: {
          ...common,
          name: 'unit',
          include: [UNIT, ...LIGHT],
          exclude: ENGINE.filter((pattern) => !pattern.startsWith('tests/')),
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...source,
        test: {
          ...common,
          retry,
          name: 'engine',
          include: ENGINE,
          exclude: [...LIGHT, FIXTURE, WEB],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...source,
        test: {
          ...common,
          retry,
          name: 'web',
          include: [WEB],
          globalSetup: 'tests/web/shared-studio.mjs',
          testTimeout: PAGE_MS,
          expect: { poll: { timeout: 20_000 } },
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
