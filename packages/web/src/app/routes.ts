/**
 * Every page as data: where it is, what it is called, what opens it. To add one: a folder in pages/, a line here.
 * Pages are loaded when they are opened, or when the mouse comes near their link.
 */
import type { Scope } from '@pegbar/contract/words';
import type { ComponentType } from 'react';
import type { ContextDefaults } from '../url/index.ts';

export interface PageProps {
  /** Parts of the path: `{ id: … }` of `/requests/:id`. */
  readonly params: Readonly<Record<string, string | undefined>>;
}
type Load = () => Promise<{ Page: ComponentType<PageProps> }>;

export interface Route {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  /** Section of the navigation; a page without one is reached from others. */
  readonly section?: Section;
  /** `g` and then this letter. */
  readonly letter?: string;
  /** The page of the navigation that is lit for this one. */
  readonly within?: string;
  /** The caller needs it; without, the page says so. */
  readonly scope?: Scope;
  readonly defaults?: ContextDefaults;
  /** The page has no context bar: it is about one thing, or about none in time. */
  readonly timeless?: boolean;
  /** What the page asks first: the server names it in the head of the answer, so that it comes with the script. */
  readonly asks?: string;
  readonly load: Load;
}

export const SECTIONS = ['', 'Workloads', 'Quality', 'Explore', 'Reliability', 'Server'] as const;
export type Section = (typeof SECTIONS)[number];

const MONTH: ContextDefaults = { range: { from: 'now-28d', to: 'now' }, compare: 'off' };
const GALLERY: ContextDefaults = { range: { from: 'now-24h', to: 'now' }, compare: 'off' };
const LAST_DAY: ContextDefaults = { range: { from: 'now-24h', to: 'now' }, compare: 'day' };
/** The last day, against its own baseline. */
const DRIFT: ContextDefaults = { range: { from: 'now-24h', to: 'now' }, compare: 'off' };
const LAST_MONTH: ContextDefaults = { range: { from: 'now-28d', to: 'now' }, compare: 'week' };
const LAST_WEEK: ContextDefaults = { range: { from: 'now-7d', to: 'now' }, compare: 'previous' };

export const ROUTES: readonly Route[] = [
  {
    id: 'home',
    path: '/',
    title: 'Home',
    section: '',
    letter: 'h',
    defaults: LAST_DAY,
    load: () => import('../pages/home/home.tsx'),
  },
  {
    id: 'animation',
    path: '/animation',
    title: 'Animation',
    section: 'Workloads',
    letter: 'a',
    load: () => import('../pages/animation/animation.tsx'),
  },
  {
    id: 'single',
    path: '/single',
    title: 'Single image',
    section: 'Workloads',
    letter: 's',
    load: () => import('../pages/single/single.tsx'),
  },
  {
    id: 'panels',
    path: '/panels',
    title: 'Batch panels',
    section: 'Workloads',
    letter: 'p',
    load: () => import('../pages/panels/panels.tsx'),
  },
  {
    id: 'releases',
    path: '/releases',
    title: 'Releases',
    section: 'Quality',
    letter: 'r',
    defaults: MONTH,
    load: () => import('../pages/releases/releases.tsx'),
  },
  {
    id: 'release',
    path: '/releases/:version',
    title: 'Release',
    within: 'releases',
    timeless: true,
    load: () => import('../pages/releases/release.tsx'),
  },
  {
    id: 'style',
    path: '/style',
    title: 'Style health',
    section: 'Quality',
    letter: 'y',
    defaults: LAST_MONTH,
    load: () => import('../pages/style/style.tsx'),
  },
  {
    id: 'drift',
    path: '/drift',
    title: 'Drift',
    section: 'Quality',
    letter: 'd',
    defaults: DRIFT,
    load: () => import('../pages/drift/drift.tsx'),
  },
  {
    id: 'drift-monitors',
    path: '/drift/monitors',
    title: 'Drift monitors',
    within: 'drift',
    timeless: true,
    load: () => import('../pages/drift/monitors.tsx'),
  },
  {
    id: 'drift-report',
    path: '/reports/drift/:day',
    title: 'Drift report',
    within: 'drift',
    load: () => import('../pages/drift/report.tsx'),
  },
  {
    id: 'drift-of',
    path: '/drift/:metric',
    title: 'Drift',
    within: 'drift',
    defaults: DRIFT,
    load: () => import('../pages/drift/finding.tsx'),
  },
  {
    id: 'safety',
    path: '/safety',
    title: 'Safety',
    section: 'Quality',
    letter: 'f',
    defaults: LAST_WEEK,
    load: () => import('../pages/safety/safety.tsx'),
  },
  {
    id: 'gallery',
    path: '/images',
    title: 'Gallery',
    section: 'Explore',
    letter: 'i',
    defaults: GALLERY,
    load: () => import('../pages/gallery/gallery.tsx'),
  },
  {
    id: 'image',
    path: '/images/:id',
    title: 'Picture',
    within: 'gallery',
    timeless: true,
    asks: '/api/v1/images/:id',
    load: () => import('../pages/image/image.tsx'),
  },
  {
    id: 'requests',
    path: '/requests',
    title: 'Requests',
    section: 'Explore',
    letter: 't',
    load: () => import('../pages/requests/requests.tsx'),
  },
  {
    id: 'request',
    path: '/requests/:id',
    title: 'Request',
    within: 'requests',
    timeless: true,
    asks: '/api/v1/requests/:id?parts=stages%2Cimages%2Cscores',
    load: () => import('../pages/trace/request.tsx'),
  },
  {
    id: 'trace',
    path: '/traces/:id',
    title: 'Trace',
    within: 'requests',
    timeless: true,
    asks: '/api/v1/traces/:id/outline',
    load: () => import('../pages/trace/trace.tsx'),
  },
  {
    id: 'explain',
    path: '/explain',
    title: 'Explain',
    within: 'requests',
    load: () => import('../pages/explain/explain.tsx'),
  },
  {
    id: 'errors',
    path: '/errors',
    title: 'Errors',
    section: 'Explore',
    letter: 'e',
    defaults: LAST_WEEK,
    load: () => import('../pages/errors/errors.tsx'),
  },
  {
    id: 'logs',
    path: '/logs',
    title: 'Logs',
    section: 'Explore',
    letter: 'l',
    load: () => import('../pages/logs/logs.tsx'),
  },
  {
    id: 'cost',
    path: '/cost',
    title: 'Cost',
    section: 'Reliability',
    letter: 'c',
    defaults: LAST_WEEK,
    load: () => import('../pages/cost/cost.tsx'),
  },
  {
    id: 'admin',
    path: '/admin',
    title: 'Admin',
    section: 'Server',
    letter: 'm',
    scope: 'admin',
    timeless: true,
    load: () => import('../pages/admin/admin.tsx'),
  },
  {
    id: 'start',
    path: '/start',
    title: 'Start',
    within: 'home',
    timeless: true,
    load: () => import('../pages/start/start.tsx'),
  },
];

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}/?$`);
const PATTERNS = ROUTES.map((route) => ({ route, pattern: patternOf(route.path) }));

/** The page at a path, and the parts of the path; null where there is none. */
export function routeAt(path: string): { route: Route; params: PageProps['params'] } | null {
  for (const { route, pattern } of PATTERNS) {
    const found = pattern.exec(path);
    if (!found) continue;
    const params = Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, value]) => [name, decode(value)]),
    );
    return { route, params };
  }
  return null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
