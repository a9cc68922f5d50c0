/** What is round every page: queries, who looks, the shell, and the page itself. */
import { QueryClientProvider } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { ApiError, useMe } from '../api/index.ts';
import { Loading } from '../parts/loading.tsx';
import { Toasts } from '../parts/toast.tsx';
import { PageDefaults } from '../url/index.ts';
import { Boundary } from './boundary.tsx';
import { pageOf } from './fetched.ts';
import { queries } from './first.ts';
import { type PageProps, ROUTES, type Route, routeAt } from './routes.ts';
import { Shell } from './shell.tsx';

// Seldom seen, so not part of what everybody loads.
const Login = lazy(() => import('./login.tsx').then(({ Login: part }) => ({ default: part })));
const Missing = lazy(() => import('./missing.tsx').then(({ Missing: part }) => ({ default: part })));
const NotAllowed = lazy(() => import('./missing.tsx').then(({ NotAllowed: part }) => ({ default: part })));
const PAGES = new Map<string, ComponentType<PageProps>>(
  ROUTES.map((route) => [route.id, lazy(() => route.load().then(({ Page }) => ({ default: Page })))]),
);
const USUAL = { range: { from: 'now-6h', to: 'now' }, compare: 'previous' } as const;

export const App = () => (
  <QueryClientProvider client={queries}>
    <Inside />
    <Toasts />
  </QueryClientProvider>
);

function Inside() {
  const me = useMe();
  const [path] = useLocation();
  const found = routeAt(path);
  useEffect(() => {
    document.title = found ? `${found.route.title} · Pegbar` : 'Pegbar';
  }, [found]);
  if (me.error instanceof ApiError && me.error.status === 401)
    return (
      <Suspense fallback={null}>
        <Login error={me.error} />
      </Suspense>
    );
  return (
    <PageDefaults.Provider value={found?.route.defaults ?? USUAL}>
      <Shell route={found?.route}>
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
  const [Page] = useState(() => pageOf(route) ?? PAGES.get(route.id)!);
  if (route.scope && me.data && !me.data.scopes.includes(route.scope))
    return <NotAllowed title={route.title} scope={route.scope} />;
  return <Page params={params} />;
}
