/** Navigation, top bar and tab bar; the page stands in `main`. */
import {
  type ComponentType,
  lazy,
  type ReactNode,
  Suspense,
  startTransition,
  useEffect,
  useState,
} from 'react';
import { Link, useLocation } from 'wouter';
import { memory } from '../base/browser.ts';
import { classes } from '../base/classes.ts';
import { toggleTheme, useTheme } from '../base/theme.ts';
import { Icon, type IconName, Pegbar } from '../parts/icon.tsx';
import { Kbd } from '../parts/kbd.tsx';
import { useTurn } from '../parts/near.ts';
import { coming, OnDemand } from '../parts/on-demand.tsx';
import { useContextState, useGo, useLiveClock } from '../url/index.ts';
import { fetchPage } from './fetched.ts';
import { type PageProps, ROUTES, type Route, SECTIONS } from './routes.ts';
import css from './shell.module.css';
import { useShortcuts } from './shortcuts.ts';

const palette = () => import('./palette.tsx');
const near = (): void => void palette().catch(() => undefined);
const finder = coming(() => palette().then((module) => module.Palette));
// Fetched while the server answers; nobody misses them where it did not.
const later = (load: () => Promise<ComponentType>): ComponentType =>
  lazy(() =>
    load().then(
      (part) => ({ default: part }),
      () => ({ default: () => null }),
    ),
  );
const Foot = later(() => import('./foot.tsx').then((module) => module.Foot));
const Away = later(() => import('./foot.tsx').then((module) => module.Away));
const Toasts = later(() => import('../parts/toast.tsx').then((module) => module.Toasts));
const keys = coming(() => import('./keys.tsx').then((module) => module.Keys));

const NARROW = '(max-width: 999px)';

interface ShellProps {
  readonly route: Route | undefined;
  readonly params: PageProps['params'];
  readonly children: ReactNode;
}

export function Shell({ route, params, children }: ShellProps) {
  const [chosen, choose] = useState(memory.get('nav'));
  // Until somebody chooses, a narrow window has its width for the page.
  const collapsed = chosen === null ? matchMedia(NARROW).matches : chosen === 'collapsed';
  const turnNav = (): void => {
    const next = collapsed ? 'open' : 'collapsed';
    memory.set('nav', next);
    choose(next);
  };
  const [open, setOpen] = useState<'palette' | 'keys' | null>(null);
  const [pasted, setPasted] = useState('');
  const [{ live }] = useContextState();
  useLiveClock(live);
  // The key is answered first, what it opens is drawn next; what is closed is gone before the next key.
  const show = (what: 'palette' | 'keys'): void => startTransition(() => setOpen(what));
  const find = (text = ''): void => {
    setPasted(text);
    show('palette');
  };
  const close = (): void => setOpen(null);
  useShortcuts({
    onPalette: find,
    onKeys: () => show('keys'),
    onNav: turnNav,
  });
  // Half of ⌘K is a reason to bring what it opens; before that nobody pays for it.
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === 'Meta' || key === 'Control') near();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const turn = useTurn();
  const lit = route?.within ?? route?.id;
  return (
    <div className={classes(css.app, collapsed && css.collapsed)}>
      <a className={css.skip} href="#main">
        Skip to the page
      </a>
      <Nav lit={lit} collapsed={collapsed} turn={turn} onCollapse={turnNav} />
      <div className={css.side}>
        <Top route={route} params={params} onFind={() => find()} onKeys={() => show('keys')} />
        <div role="status" className={css.away}>
          <Suspense fallback={null}>{turn && <Away />}</Suspense>
        </div>
        <main id="main" className={css.main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <Tabs lit={lit} />
      <Suspense fallback={null}>{turn && <Toasts />}</Suspense>
      {open === 'palette' && <OnDemand of={finder} props={{ pasted, onClose: close }} />}
      {open === 'keys' && <OnDemand of={keys} props={{ onClose: close }} />}
    </div>
  );
}

interface NavProps {
  readonly lit: string | undefined;
  readonly collapsed: boolean;
  readonly turn: boolean;
  readonly onCollapse: () => void;
}
function Nav(props: NavProps) {
  const { link } = useGo();
  return (
    <nav className={css.nav} aria-label="Pages">
      <Link className={css.brand} href={link('/')} aria-label="Pegbar, home">
        <Pegbar />
        <span>Pegbar</span>
      </Link>
      {SECTIONS.map((section) => {
        const pages = ROUTES.filter((route) => route.section === section);
        if (pages.length === 0) return null;
        return (
          <div key={section} className={css.section}>
            {section !== '' && <div className={css.title}>{section}</div>}
            {pages.map((route) => (
              <Link
                key={route.id}
                href={link(route.path)}
                className={css.page}
                aria-current={props.lit === route.id ? 'page' : undefined}
                onMouseEnter={() => void fetchPage(route).catch(() => undefined)}
                title={props.collapsed ? route.title : undefined}
              >
                <span className={css.full}>{route.title}</span>
                <span className={css.short} aria-hidden="true">
                  {route.title.slice(0, 3)}
                </span>
              </Link>
            ))}
          </div>
        );
      })}
      <div className={css.foot}>
        <Suspense fallback={null}>{props.turn && <Foot />}</Suspense>
      </div>
      <button
        type="button"
        className={css.fold}
        onClick={props.onCollapse}
        title="[ folds the navigation"
        aria-expanded={!props.collapsed}
      >
        {props.collapsed ? '»' : '« Fold'}
      </button>
    </nav>
  );
}

interface TopProps extends Omit<ShellProps, 'children'> {
  readonly onFind: () => void;
  readonly onKeys: () => void;
}
function Top(props: TopProps) {
  const theme = useTheme();
  return (
    <header className={css.top}>
      <Link className={classes(css.brand, 'only-s')} href="/" aria-label="Pegbar, home">
        <Pegbar />
      </Link>
      <Crumb route={props.route} params={props.params} />
      <button
        type="button"
        className={classes(css.find, 'hide-s')}
        onClick={props.onFind}
        onMouseEnter={near}
      >
        <Icon name="search" />
        <span>Find or paste an id</span>
        <Kbd>⌘K</Kbd>
      </button>
      <button type="button" className={classes(css.icon, 'only-s')} onClick={props.onFind} aria-label="Find">
        <Icon name="search" />
      </button>
      <button
        type="button"
        className={css.icon}
        onClick={toggleTheme}
        aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
        title={theme === 'dark' ? 'Light theme' : 'Dark theme'}
      >
        <Icon name="sun" />
      </button>
      <button
        type="button"
        className={classes(css.icon, 'hide-s')}
        onClick={props.onKeys}
        aria-label="Keyboard"
        title="Keyboard (?)"
      >
        ?
      </button>
    </header>
  );
}

/** Where this is: the part of the house, the page that leads here, and the one thing that it is about. */
function Crumb({ route, params }: Pick<ShellProps, 'route' | 'params'>) {
  const { link } = useGo();
  const above = ROUTES.find(({ id }) => id !== 'home' && id === route?.within);
  const section = (above ?? route)?.section;
  return (
    <div className={css.crumb}>
      {section && <span>{section}</span>}
      {above && <Link href={link(above.path)}>{above.title}</Link>}
      {params.id === undefined ? (
        <b>{params.version ?? params.metric?.replaceAll('_', ' ') ?? route?.title ?? 'No such page'}</b>
      ) : (
        <b className="mono">{params.id}</b>
      )}
    </div>
  );
}

/** On phones: five doors, each to the first page of its part of the house. */
const TABS: readonly { title: string; icon: IconName; ids: readonly string[] }[] = [
  { title: 'Home', icon: 'home', ids: ['home', 'start'] },
  { title: 'Workloads', icon: 'film', ids: ['animation', 'single', 'panels'] },
  { title: 'Quality', icon: 'release', ids: ['releases', 'style', 'drift', 'safety'] },
  { title: 'Explore', icon: 'grid', ids: ['gallery', 'requests', 'errors', 'logs'] },
  { title: 'Reliability', icon: 'bell', ids: ['alerts', 'objectives', 'cost'] },
];

function Tabs({ lit }: { lit: string | undefined }) {
  const { link } = useGo();
  const [path] = useLocation();
  return (
    <nav className={css.tabs} aria-label="Parts">
      {TABS.map(({ title, icon, ids }) => {
        const first = ids
          .map((id) => ROUTES.find((route) => route.id === id))
          .find((one) => one !== undefined);
        if (!first) return null;
        const current = ids.includes(lit ?? '') || path === first.path;
        return (
          <Link key={title} href={link(first.path)} aria-current={current ? 'page' : undefined}>
            <Icon name={icon} size={18} />
            {title}
          </Link>
        );
      })}
    </nav>
  );
}
