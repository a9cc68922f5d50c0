/** Hooks over the address. Items and panels are in it, so that a link shows what its sender saw. */
import { createContext, useCallback, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useLocation, useSearch } from 'wouter';
import { every, now } from '../base/browser.ts';
import { type Baseline, baselineOf, type Compare } from './compare.ts';
import {
  type Context,
  type ContextDefaults,
  contextOnly,
  readContext,
  searchText,
  writeContext,
} from './context.ts';
import { aligned, SECOND, stepOf, type Window, windowOf } from './range.ts';

/** A page without a range of its own. */
const USUAL: ContextDefaults = { range: { from: 'now-6h', to: 'now' }, compare: 'previous' };
/** What the page of a route starts from. */
export const PageDefaults = createContext<ContextDefaults>(USUAL);

/** How often a live page asks again. */
const LIVE_MS = 10 * SECOND;

// One clock for all that is shown, so that charts of one page end at the same moment.
let shown_ms = now();
const watchers = new Set<() => void>();
function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

/** Moves the end of relative ranges to now. */
export function refreshNow(): void {
  shown_ms = now();
  for (const told of watchers) told();
}

/** The moment that relative ranges end at. */
export const useNow = (): number => useSyncExternalStore(watch, () => shown_ms);

/** Keeps that moment moving while the page is live; called once, by the shell. */
export function useLiveClock(live: boolean): void {
  useEffect(() => (live ? every(LIVE_MS, refreshNow) : undefined), [live]);
}

const parse = (text: string): URLSearchParams => new URLSearchParams(text);

/** What makes another view of a page: Back returns from it. Live and the zone of times are how one looks at it. */
const VIEW = ['range', 'compare', 'filters', 'tenant'] as const;
/** The entry of the history that a zoom has made: Escape takes it back. */
const ZOOMED = 'zoomed';
export const isZoomed = (): boolean => history.state === ZOOMED;

/** The context and how to change it. */
export function useContextState(): [Context, (change: Partial<Context>, zoom?: boolean) => void] {
  const defaults = useContext(PageDefaults);
  const search = useSearch();
  const [path, go] = useLocation();
  const context = useMemo(() => readContext(parse(search), defaults, now()), [search, defaults]);
  const change = useCallback(
    (some: Partial<Context>, zoom = false) => {
      if (some.range || some.live !== undefined) refreshNow();
      const search = searchText(writeContext(parse(location.search), some, defaults));
      const replace = search === location.search || !VIEW.some((name) => some[name] !== undefined);
      go(path + search, { replace, state: zoom ? ZOOMED : replace ? history.state : null });
    },
    [path, go, defaults],
  );
  return [context, change];
}

export interface WindowState extends Window {
  readonly step_ms: number;
  readonly compare: Compare;
  readonly baseline: Baseline | null;
}

/** The same window in other steps. */
export function inSteps(
  { from_ms, to_ms, compare }: Omit<WindowState, 'step_ms' | 'baseline'>,
  step_ms: number,
): WindowState {
  const window = aligned({ from_ms, to_ms }, step_ms);
  return { ...window, step_ms, compare, baseline: baselineOf(compare, window, step_ms) };
}

type Ranged = Pick<Context, 'range' | 'compare'>;
function windowAt({ range, compare }: Ranged, now_ms: number, points?: number): WindowState {
  const asked = windowOf(range, now_ms) ?? windowOf(USUAL.range, now_ms)!;
  return inSteps({ ...asked, compare }, stepOf(asked, points));
}

/** The window of the context now, its step and its baseline. */
export function useWindow(points?: number): WindowState {
  const [{ range, compare }] = useContextState();
  const now_ms = useNow();
  return useMemo(() => windowAt({ range, compare }, now_ms, points), [range, compare, now_ms, points]);
}

/** What the hooks above will say of the address as it stands, before anything is drawn. */
export function contextHere(defaults: ContextDefaults = USUAL): { context: Context; window: WindowState } {
  const context = readContext(parse(location.search), defaults, now());
  return { context, window: windowAt(context, shown_ms) };
}

/** One parameter of the page itself: a tab, an open item, a grouping. `null` takes it out. */
export function useParameter(name: string): [string | null, (value: string | null, push?: boolean) => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const value = useMemo(() => parse(search).get(name), [search, name]);
  const change = useCallback(
    (next: string | null, push = false) => {
      const out = parse(location.search);
      if (next === null) out.delete(name);
      else out.set(name, next);
      go(path + searchText(out), { replace: !push, state: push ? null : history.state });
    },
    [name, path, go],
  );
  return [value, change];
}

/** A parameter of the page itself that repeats: conditions of a selection. */
export function useParameters(name: string): [readonly string[], (values: readonly string[]) => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const values = useMemo(() => parse(search).getAll(name), [search, name]);
  const change = useCallback(
    (next: readonly string[]) => {
      const out = parse(location.search);
      out.delete(name);
      for (const value of next) out.append(name, value);
      go(path + searchText(out), { replace: true, state: history.state });
    },
    [name, path, go],
  );
  return [values, change];
}

/** The address of another page, with the context taken along; `more` adds or, with null, takes out. `path` may have parameters. */
export function href(
  path: string,
  search: string,
  more: Readonly<Record<string, string | readonly string[] | null>> = {},
): string {
  const [bare = '/', own = ''] = path.split('?', 2);
  const out = contextOnly(parse(search));
  for (const name of new Set(parse(own).keys())) out.delete(name);
  for (const [name, value] of parse(own)) out.append(name, value);
  for (const [name, value] of Object.entries(more)) {
    out.delete(name);
    if (value !== null) for (const one of typeof value === 'string' ? [value] : value) out.append(name, one);
  }
  return bare + searchText(out);
}

/** `link(path, more?)` gives addresses with the context; `go(path, more?)` opens one. */
export function useGo(): {
  link: (path: string, more?: Parameters<typeof href>[2]) => string;
  go: (path: string, more?: Parameters<typeof href>[2]) => void;
} {
  const search = useSearch();
  const [, navigate] = useLocation();
  return useMemo(
    () => ({
      link: (path, more) => href(path, search, more),
      go: (path, more) => navigate(href(path, location.search, more)),
    }),
    [search, navigate],
  );
}
