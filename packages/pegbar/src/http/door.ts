/** The door: who calls, whether they may, and whose rows they see. Nothing is read of a body before. */
import type { Context } from 'hono';
import { type Caller, checkCsrf, requireScope, scopeFor } from '../access/index.ts';
import { BEACON_TYPES, isBeacon, takeKey } from './beacon.ts';
import { checkContentType } from './body.ts';
import { clientAddress } from './client-address.ts';
import type { ApiDeps, Call } from './deps.ts';
import { orRefuse, Refusal } from './failure.ts';
import type { Route } from './routes.ts';
import type { Bindings } from './wire.ts';

type Ctx = Context<{ Bindings: Bindings }>;

export interface Door {
  /** Refuses by throwing a `Refusal`. */
  enter(route: Route, c: Ctx, signal: AbortSignal): Promise<Call>;
  /** CORS of public keys: their origins may send events from a page. */
  preflight(c: Ctx, routes: readonly Route[], allow: string): Promise<Response>;
}

const NOBODY = { tenant: '' };
/** A preflight holds this long. */
const PREFLIGHT_S = 600;

const peerOf = (c: Ctx): string => c.env?.remoteAddress ?? c.env?.incoming?.socket.remoteAddress ?? '';

export function createDoor({ access, config }: ApiDeps): Door {
  async function callerOf(c: Ctx, key: string | undefined): Promise<Caller> {
    const header = (name: string): string | undefined => c.req.header(name);
    const result = await access.authenticate({
      authorization: header('authorization'),
      cookie: header('cookie'),
      queryKey: key,
      remoteAddress: peerOf(c),
      host: header('host'),
      origin: header('origin'),
      forwarded: header('forwarded') ?? header('x-forwarded-for') ?? header('x-real-ip'),
    });
    return orRefuse(result);
  }

  /** A preflight carries no header of the request to come, but its URL, and with it a public key. */
  async function keyAllows(c: Ctx, origin: string): Promise<boolean> {
    const queryKey = new URL(c.req.url).searchParams.get('key');
    if (queryKey === null) return false;
    const found = await access.authenticate({
      queryKey,
      origin,
      remoteAddress: '',
      host: c.req.header('host'),
    });
    return found.ok && isBeacon(found.value);
  }

  return {
    async enter(route, c, signal) {
      const url = new URL(c.req.url);
      const call = {
        request: c.req.raw,
        url,
        route,
        params: c.req.param() as Record<string, string>,
        address: clientAddress(peerOf(c), c.req.header('x-forwarded-for')),
        signal,
      };
      if (route.scopes.length === 0) {
        if (route.takes) checkContentType(c.req.header('content-type'), route.takes);
        return { ...call, caller: null, scope: NOBODY };
      }
      const told = route.scopes.includes('beacon') ? await takeKey(c.req.raw) : { request: c.req.raw };
      const caller = await callerOf(c, told.key ?? url.searchParams.get('key') ?? undefined);
      if (!route.scopes.some((scope) => caller.scopes.has(scope)))
        orRefuse(requireScope(caller, route.scopes[0]!));
      orRefuse(checkCsrf(caller, route.method, c.req.header('x-pegbar-csrf')));
      if (route.takes) {
        const beacon = isBeacon(caller) ? BEACON_TYPES : [];
        checkContentType(c.req.header('content-type'), [...route.takes, ...beacon]);
      }
      const asked = url.searchParams.get('tenant');
      return {
        ...call,
        request: told.request,
        caller,
        scope: orRefuse(scopeFor(caller, asked ?? undefined)),
      };
    },
    async preflight(c, routes, allow) {
      const origin = c.req.header('origin');
      const open = origin !== undefined && routes.some((route) => route.scopes.includes('beacon'));
      if (!open || !(config.beacon_origins.includes(origin) || (await keyAllows(c, origin))))
        throw new Refusal('method_not_allowed', 'OPTIONS is not possible here', {}, { allow });
      return new Response(null, {
        status: 204,
        headers: {
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'POST',
          'access-control-allow-headers': 'authorization, content-type',
          'access-control-max-age': String(PREFLIGHT_S),
          vary: 'origin',
        },
      });
    },
  };
}
