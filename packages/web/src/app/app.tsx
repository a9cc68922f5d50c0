/** What is round every page: queries, who looks, the shell, and the page itself. */
import { QueryClientProvider } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { ApiError, useMe } from '../api/index.ts';
import { Loading } from '../parts/loading.tsx';
import { PageDefaults } from '../url/index.ts';
import { Boundary } from './boundary.tsx';
import { pageOf } from './fetched.ts';
import { queries } from './first.ts';
import { type PageProps, type Route, routeAt } from './routes.ts';
import { Shell } from './shell.tsx';

// Seldom seen, so not part of what everybody loads.
const Login = lazy(() => import('./login.tsx').then(({ Login: part }) => ({ default: part })));
const Missing = lazy(() => import('./missing.tsx').then(({ Missing: part }) => ({ default: part })));
const NotAllowed = lazy(() => import('./missing.tsx').then(({ NotAllowed: part }) => ({ default: part })));
const pages = new Map<string, ComponentType<PageProps>>();
/** A page whose file is on its way; where it does not come, the boundary loads everything anew. */
function pageComing(route: Route): ComponentType<PageProps> {
  const known = pages.get(route.id);
  if (known) return known;
  const coming = route.load().then(({ Page }) => ({ default: Page }));
  const page = lazy(() => coming);
  pages.set(route.id, page);
  return page;
}
const NONE: PageProps['params'] = {};
const USUAL = { range: { from: 'now-6h', to: 'now' }, compare: 'previous' } as const;

export const App = () => (
  <QueryClientProvider client={queries}>
    <Inside />
  </QueryClientProvider>
);

function Inside() {
  const me = useMe();
  const [path] = useLocation();
  const found = routeAt(path);
  const user = useRef<string | null>(null);
  const stranger = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    // Somebody else has logged in, in another tab: nothing of the one before is kept.
    if (user.current !== null && me.data && me.data.user !== user.current) location.reload();
    user.current = me.data?.user ?? user.current;
  }, [me.data]);
  useEffect(() => {
    document.title = found ? `${found.route.title} · Pegbar` : 'Pegbar';
  }, [found]);
  if (stranger)
    return (
      <Suspense fallback={null}>
        <Login error={me.error as ApiError} ended={me.data !== undefined} />
      </Suspense>
    );
  return (
    <PageDefaults.Provider value={found?.route.defaults ?? USUAL}>
      <Shell route={found?.route} params={found?.params ?? NONE}>
        <Boundary key={path}>
          <Suspense fallback={<Loading height={400} label="The page is loading" />}>
            {found ? <PageOf route={found.route} params={found.params} /> : <Missing path={path} />}
          </Suspense>
        </Boundary>
      </Shell>
    </PageDefaults.Provider>
  );
}

function PageOf({ route, params }: { route: Route; params: PageProps['params'] }) {
  const me = useMe();
  // What was there when the page was opened stays: another component would begin anew.
  const [Page] = useState(() => pageOf(route) ?? pageComing(route));
  if (route.scope && me.data && !me.data.scopes.includes(route.scope))
    return <NotAllowed title={route.title} scope={route.scope} />;
  return <Page params={params} />;
}
