/**
 * Which file a module is sent in. A browser asks six things of a server at a time, and each answer costs a slow
 * processor a few milliseconds: a page is made of a handful of files, cut where pages differ. By what a module brings
 * along: charts (uPlot), tables (virtual rows), overlays (React Aria, which no page waits for), or nothing. A file
 * takes along what its modules import, so the lighter ones are cut first.
 */
interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

const HEAVY = {
  aria: /react-aria|react-stately|@internationalized|@react-types/,
  charts: /node_modules\/uplot/,
  tables: /node_modules\/@tanstack\/(?:react-)?virtual/,
} as const;
const SHARED = /\/src\/(?:parts|charts|api|format|url|base)\/|node_modules|packages\/contract/;
/** What fewer pages use stays out of the way of all others. */
const PAGES_LEAST = 3;

/** Whether a module brings something along, by static imports. */
function brings(id: string, what: RegExp, modules: Modules, seen = new Set<string>()): boolean {
  if (what.test(id)) return true;
  if (seen.has(id)) return false;
  seen.add(id);
  return modules.getModuleInfo(id)?.importedIds.some((next) => brings(next, what, modules, seen)) ?? false;
}

type Kind = keyof typeof HEAVY | 'parts';
const kindOf = (id: string, modules: Modules): Kind =>
  (Object.keys(HEAVY) as (keyof typeof HEAVY)[]).find((kind) => brings(id, HEAVY[kind], modules)) ?? 'parts';

const group = (kind: Kind, priority: number, minShareCount: number) => ({
  debugName: kind,
  name: (id: string, modules: Modules) => (kindOf(id, modules) === kind ? kind : null),
  test: SHARED,
  minShareCount,
  priority,
});

export const GROUPS = [
  // React changes least: it stays in the cache of a browser over many of our versions.
  {
    name: 'react',
    test: /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store)\//,
    priority: 6,
  },
  { name: 'shell', tags: ['$initial' as const], priority: 5 },
  group('parts', 4, PAGES_LEAST),
  group('tables', 3, PAGES_LEAST),
  group('charts', 2, PAGES_LEAST),
  group('aria', 1, 1),
];
