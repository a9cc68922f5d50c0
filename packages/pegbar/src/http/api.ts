/**
 * The HTTP API. Every request passes one door (`door.ts`): route, caller, scope, tenant; then its handler. What a
 * route is and who may use it stands as data in `routes.ts`.
 */
import { randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import type { ApiDeps, Handlers } from './deps.ts';
import { createDoor, type Door } from './door.ts';
import { answerOf, Refusal } from './failure.ts';
import { handlersOf } from './handlers/index.ts';
import { createPageFiles, type PageFiles } from './pages-files.ts';
import { ROUTES, type Route } from './routes.ts';
import { type Bindings, secured } from './wire.ts';

export type Api = Hono<{ Bindings: Bindings }>;

export function createApi(deps: ApiDeps): Api {
  const pages = createPageFiles();
  const handlers: Handlers = handlersOf(deps, pages);
  const door = createDoor(deps);
  const newId = deps.randomId ?? (() => randomBytes(8).toString('hex'));
  const app: Api = new Hono<{ Bindings: Bindings }>();
  for (const route of ROUTES) {
    const handler = handlers[route.id];
    if (!handler) throw new Error(`the route ${route.id} has no handler`);
    app.on(route.method, honoPath(route.path), (c) =>
      answer(deps, newId(), route, c, async (signal) => handler(await door.enter(route, c, signal))),
    );
  }
  app.all('*', (c) => answer(deps, newId(), undefined, c, () => elsewhere(c, door, pages)));
  return app;
}

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

/** No route: another method of a known address, or no such address. */
async function elsewhere(
  c: Context<{ Bindings: Bindings }>,
  door: Door,
  pages: PageFiles,
): Promise<Response> {
  const path = new URL(c.req.url).pathname;
  const here = ROUTES.filter((route) => matches(route.path, path));
  if (here.length === 0 && isPage(c, path)) return pages.shell(path, c.req.raw);
  if (here.length === 0) throw new Refusal('not_found', `there is nothing at ${path.slice(0, 200)}`);
  const allow = [
    ...new Set(here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
  ].join(', ');
  if (c.req.method === 'OPTIONS') return door.preflight(c, here, allow);
  throw new Refusal('method_not_allowed', `${c.req.method} is not possible here`, {}, { allow });
}

/** A page of the UI that a browser opens by its address; which pages there are, the UI knows. */
const isPage = ({ req }: Context, path: string): boolean =>
  (req.method === 'GET' || req.method === 'HEAD') &&
  req.header('accept')?.includes('text/html') === true &&
  !path.startsWith('/api/') &&
  !path.startsWith('/v1/');

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith('{') || part === given[at])
  );
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** After the time of a route its query is cancelled; the answer about it still has to be sent. */
const GRACE_MS = 1_000;

/** Times, counts and logs one request; whatever is thrown becomes an answer in the catalogue's shape. */
async function answer(
  { clock, counters, log }: ApiDeps,
  id: string,
  route: Route | undefined,
  c: Context<{ Bindings: Bindings }>,
  work: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const began = clock.monotonic();
  const over = new AbortController();
  const gone = (): void => over.abort();
  c.req.raw.signal.addEventListener('abort', gone, { once: true });
  const timeout_ms = route?.timeout_ms ?? DEFAULT_TIMEOUT_MS;
  const done = new AbortController();
  void clock.sleep(timeout_ms, done.signal).then(gone);
  let response: Response;
  try {
    const late = clock.sleep(timeout_ms + GRACE_MS, done.signal).then((): Response => {
      throw new Refusal('timeout', `no answer within ${timeout_ms / 1000} s`);
    });
    late.catch(() => undefined);
    response = await Promise.race([work(over.signal), late]);
  } catch (error) {
    const asPage = c.req.header('accept')?.includes('text/html') === true;
    response = error instanceof Refusal ? answerOf(error, asPage) : bug(log, id, route, error);
  } finally {
    done.abort();
    c.req.raw.signal.removeEventListener('abort', gone);
  }
  const ms = clock.monotonic() - began;
  const name = route?.id ?? 'none';
  counters.add('pegbar_http_requests_total', { route: name, status: String(response.status) });
  counters.add('pegbar_http_seconds_total', { route: name }, ms / 1000);
  // Neither query strings nor headers: both can hold keys.
  log.debug({ id, route: name, status: response.status, ms: Math.round(ms) }, 'request');
  return secured(response, id);
}

function bug(log: ApiDeps['log'], id: string, route: Route | undefined, error: unknown): Response {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error({ id, route: route?.id, error: told }, 'a request failed by a bug');
  return answerOf(new Refusal('internal', `an error in the server; its log has it under ${id}`));
}
