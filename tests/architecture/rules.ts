/**
 * The house rules as data: who may import whom, and who may do what nobody else may. Every exception names its
 * reason and is reported once it is no longer needed.
 */

const CONTRACT = '@pegbar/contract';
const STATS = '@pegbar/stats';

/** Rooms of packages/pegbar/src: what each may import beside node: modules and its declared dependencies. */
export const EDGES: Readonly<Record<string, readonly string[]>> = {
  // What every room may stand on.
  base: [],
  native: [CONTRACT, 'base'],
  config: ['base'],

  // Pure rooms.
  features: ['base'],
  privacy: ['base', 'features'],
  importers: [CONTRACT, 'base', 'features'],
  'drift-compare': [STATS, 'base'],
  simulation: [CONTRACT, STATS, 'base'],

  // Floors: durable log, state, telemetry store, pictures.
  spool: ['base', 'native'],
  state: ['base'],
  store: [CONTRACT, 'base', 'native', 'spool', 'state'],
  artifacts: [CONTRACT, 'base', 'state', 'store'],

  // Rooms with state. An arrow between two of them is a decision.
  access: [CONTRACT, 'base', 'config', 'state'],
  ingest: [CONTRACT, 'base', 'features', 'native', 'privacy', 'spool'],
  requests: [CONTRACT, 'base', 'native', 'spool', 'store'],
  rollups: [CONTRACT, STATS, 'base', 'features', 'native', 'requests', 'state', 'store'],
  explore: [CONTRACT, STATS, 'base', 'native', 'requests', 'rollups', 'store'],
  drift: [CONTRACT, STATS, 'base', 'explore', 'features', 'rollups', 'state', 'store'],
  'dead-letters': [CONTRACT, 'base', 'native', 'spool', 'store'],
  erasure: [CONTRACT, 'base', 'rollups', 'state', 'store'],
  deployments: ['base', 'store'],

  style: [CONTRACT, STATS, 'access', 'base', 'explore', 'state', 'store'],

  loading: ['base', 'requests', 'rollups', 'spool', 'state', 'store'],

  // Doors: people and machines.
  http: [
    CONTRACT,
    'base',
    'config',
    'access',
    'artifacts',
    'explore',
    'ingest',
    'privacy',
    'requests',
    'rollups',
    'spool',
    'state',
    'store',
    'dead-letters',
    'deployments',
    'drift',
    'erasure',
    'style',
  ],
  // A command asks a server over HTTP; of the rooms it sees only the pure ones.
  cli: [CONTRACT, STATS, 'base', 'config', 'features', 'importers', 'version.ts', 'drift-compare'],
};

/** Files that wire rooms together; the only ones above http. They may import every room. */
export const WIRING: readonly string[] = [
  'main.ts',
  'server.ts',
  'doors.ts',
  'declared.ts',
  'start-error.ts',
  'start-trouble.ts',
  'style-wiring.ts',
  'up.ts',
  'demo.ts',
];

/** Files beside the rooms that import nothing of ours. */
export const LOOSE: readonly string[] = ['version.ts'];

/** Packages beside pegbar: what each may import of ours. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  stats: [],
  pegbar: [CONTRACT, STATS],
  // Its words only: the schemas would weigh more than the pages.
  web: ['@pegbar/contract/words'],
  // Published: what they import must be published too, and the contract is not.
  'sdk-node': [],
  'sdk-browser': [],
};

/** Folders that are a front door of their own although they lie inside a room. */
export const DOORS: Readonly<Record<string, string>> = {
  'store/engine/index.ts':
    'the launcher is wired apart from the store, which knows only where the engine listens',
};

export interface Exception {
  /** Path below packages/pegbar/src, or with the package for others; a trailing slash means the folder. */
  readonly path: string;
  readonly reason: string;
}

/** Globals that make a room untestable or unrepeatable, and who may touch them. */
export const GLOBALS: readonly { rule: string; pattern: RegExp; allowed: readonly Exception[] }[] = [
  {
    rule: 'no-process-env',
    pattern: /\bprocess\.env\b/,
    allowed: [{ path: 'config/environment.ts', reason: 'the only reader of the environment' }],
  },
  { rule: 'no-console', pattern: /\bconsole\s*\./, allowed: [] },
  {
    rule: 'no-clock',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    allowed: [
      { path: 'packages/sdk-browser/src/runtime.ts', reason: 'the clock that is passed in, of the page' },
      {
        path: 'packages/web/src/base/browser.ts',
        reason: 'the clock, the timers and the network of the pages',
      },
      { path: 'packages/sdk-node/src/runtime.ts', reason: 'the clock that is passed in, of the SDK' },
      { path: 'base/clock.ts', reason: 'the clock that is passed in' },
    ],
  },
  {
    rule: 'no-timer',
    pattern: /(?<![\w$.])(?:setTimeout|setInterval|setImmediate)\s*\(/,
    allowed: [
      { path: 'packages/sdk-browser/src/runtime.ts', reason: 'the timers that are passed in, of the page' },
      {
        path: 'packages/web/src/base/browser.ts',
        reason: 'the clock, the timers and the network of the pages',
      },
      { path: 'packages/sdk-node/src/runtime.ts', reason: 'the timers that are passed in, of the SDK' },
      { path: 'base/clock.ts', reason: 'the timers that are passed in' },
    ],
  },
  {
    rule: 'no-fetch',
    pattern: /(?<![\w$.])fetch\s*\(/,
    allowed: [
      { path: 'packages/sdk-browser/src/runtime.ts', reason: 'the network that is passed in, of the page' },
      {
        path: 'packages/web/src/base/browser.ts',
        reason: 'the clock, the timers and the network of the pages',
      },
      { path: 'packages/sdk-node/src/runtime.ts', reason: 'the network that is passed in, of the SDK' },
      { path: 'demo.ts', reason: 'wiring: the demo sends to the server that it has just started' },
    ],
  },
  {
    rule: 'no-random',
    pattern: /\bMath\.random\b|(?<![\w$.])(?:randomBytes|randomUUID|randomInt)\s*\(/,
    allowed: [
      { path: 'packages/sdk-browser/src/runtime.ts', reason: 'chance that is passed in, of the page' },
      { path: 'packages/sdk-node/src/runtime.ts', reason: 'jitter and ids that are passed in, of the SDK' },
      {
        path: 'store/engine/local.ts',
        reason: "the child's password is made where it is used and never kept",
      },
      { path: 'store/client.ts', reason: 'query ids must be unique on the engine, not repeatable' },
      { path: 'store/load.ts', reason: 'the name of this run among the loaders, unique and not repeatable' },
      { path: 'http/api.ts', reason: 'the default of an option that tests set' },
      { path: 'explore/export.ts', reason: 'query ids must be unique on the engine, not repeatable' },
      {
        path: 'requests/refold.ts',
        reason: 'a token that the engine has not seen, unique and not repeatable',
      },
      { path: 'native/dictionary.ts', reason: 'the seed of a hash table must not be known to senders' },
      { path: 'spool/numbers.ts', reason: 'a new data directory draws its node number once' },
    ],
  },
];

/** Who may write SQL: queries.ts and *-queries.ts of any room, migrations, and these. */
export const SQL_FILES: readonly Exception[] = [
  { path: 'store/', reason: 'the floor that speaks to the engine: DDL, wall, load, retention, migrations' },
  { path: 'state/', reason: 'the floor that speaks to SQLite' },
  {
    path: 'rollups/keeper.ts',
    reason: 'the marks of dirty hours: three short statements on one state table',
  },
  { path: 'rollups/swap.ts', reason: 'the exchange of a week is its statements in their order' },
  { path: 'rollups/days.ts', reason: 'two statements: the days of hours, and what they replace' },
  { path: 'rollups/quarters.ts', reason: 'sums by quarter of a day: statements in their order, each once' },
  {
    path: 'rollups/quarter-reader.ts',
    reason: 'the four questions about those sums, whose text depends on what is asked',
  },
  { path: 'requests/derive.ts', reason: 'one statement, read with what it marks' },
  { path: 'requests/heirs.ts', reason: 'who inherits, and what: two statements over the same rows' },
  { path: 'requests/refold.ts', reason: 'one statement, read with the fold that it feeds' },
  { path: 'requests/sweeper.ts', reason: 'one statement, read with the rule that it applies' },
  { path: 'explore/', reason: 'the room of questions: a file is a question with its SQL' },
  { path: 'server.ts', reason: 'two look-ups of one line that wiring hands to ingest' },
  { path: 'cli/import-sink.ts', reason: 'asks the server over POST /api/v1/query as any client may' },
  { path: 'cli/commands/query.ts', reason: 'an example in the help text' },
];

/** Past this a file wants to be two; a test reads as a list of sentences and may be longer. */
export const FILE_LINES = 400;
export const TEST_FILE_LINES = 700;
export const FUNCTION_LINES = 70;

export const LONG_FILES: readonly Exception[] = [
  { path: 'packages/contract/src/tables.ts', reason: 'data: one table after the other' },
];
export const LONG_FUNCTIONS: readonly Exception[] = [
  { path: 'server.ts', reason: 'wiring: a line per room, in the order in which they start' },
  { path: 'ingest/events/samples.ts', reason: 'a switch: one case per type of record' },
];
