/** The access matrix: who gets in, from where, with what. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Counters, createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import { openState, type State } from '../state/index.ts';
import { type Access, type AuthRequest, createAccess, SYSTEM } from './index.ts';

const HERE = { remoteAddress: '127.0.0.1', host: '127.0.0.1:4300' };
const AWAY = { remoteAddress: '10.1.2.3', host: 'pegbar.example' };
const PAGE = 'https://studio.example';
const UNKNOWN = 'pk_unknown';

let state: State;
let counters: Counters;
/** The three ways a server may stand: open loopback, loopback with keys, and reachable from outside. */
const servers: Record<'open' | 'keys' | 'public', Access> = {} as never;
const key: Record<string, string> = {};
let session: string;

beforeAll(async () => {
  const clock: Clock = { ...systemClock, every: () => () => {} };
  const opened = await openState({ path: ':memory:', clock });
  if (!opened.ok) throw new Error(opened.error.message);
  state = opened.value;
  counters = createCounters();
  for (const [name, requireKey, loopback] of [
    ['open', false, true],
    ['keys', true, true],
    ['public', false, false],
  ] as const) {
    const made = await createAccess({ state, clock, counters, log: silentLog, requireKey, loopback });
    if (!made.ok) throw new Error(made.error.message);
    servers[name] = made.value;
  }
  const mint = async (name: string, request: object): Promise<string> => {
    const made = await servers.open.createKey(request, SYSTEM);
    if (!made.ok) throw new Error(made.error.message);
    key[name] = made.value.key;
    return made.value.id;
  };
  await mint('admin', { tenant: '*', scopes: ['admin'] });
  await mint('ingest', { tenant: 'a', scopes: ['ingest'] });
  await mint('beacon', { tenant: 'a', scopes: ['beacon'], origins: [PAGE] });
  await servers.open.revokeKey(await mint('revoked', { tenant: 'a', scopes: ['read'] }), SYSTEM);
  const link = await servers.open.createLoginLink();
  const redeemed = await servers.open.redeem(link.ok ? link.value.token : '');
  session = redeemed.ok ? redeemed.value.token : '';
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
  await state.close();
});

type Expected = string;
const bearer = (name: string) => () => ({ authorization: `Bearer ${key[name]}` });
const cookie = () => ({ cookie: `other=1; pegbar_session=${session}` });

/** What is sent, from where, and what the three servers answer. */
const matrix: [string, () => object, Partial<AuthRequest>, Expected, Expected, Expected][] = [
  // what                     sends                 from                          open loopback       loopback with keys  public
  ['nothing', () => ({}), HERE, 'loopback *', 'unauthenticated', 'unauthenticated'],
  [
    'nothing, IPv6',
    () => ({}),
    { remoteAddress: '::1', host: '[::1]:4300' },
    'loopback *',
    'unauthenticated',
    'unauthenticated',
  ],
  ['nothing', () => ({}), AWAY, 'unauthenticated', 'unauthenticated', 'unauthenticated'],
  [
    'nothing, own page',
    () => ({ origin: 'http://127.0.0.1:4300' }),
    HERE,
    'loopback *',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'nothing, other page',
    () => ({ origin: 'https://evil.example' }),
    HERE,
    'forbidden',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'nothing, page of another port',
    () => ({ origin: 'http://127.0.0.1:8188' }),
    HERE,
    'forbidden',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'nothing, sandboxed page',
    () => ({ origin: 'null' }),
    HERE,
    'forbidden',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'nothing, rebound name',
    () => ({ host: 'evil.example:4300' }),
    HERE,
    'forbidden',
    'unauthenticated',
    'unauthenticated',
  ],
  ['nothing, no Host', () => ({ host: undefined }), HERE, 'forbidden', 'unauthenticated', 'unauthenticated'],
  [
    'nothing, through a proxy',
    () => ({ forwarded: '9.9.9.9' }),
    HERE,
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
  ],
  ['an admin key', bearer('admin'), HERE, 'key *', 'key *', 'key *'],
  ['an admin key', bearer('admin'), AWAY, 'key *', 'key *', 'key *'],
  ['a tenant key', bearer('ingest'), HERE, 'key a', 'key a', 'key a'],
  ['a tenant key', bearer('ingest'), AWAY, 'key a', 'key a', 'key a'],
  [
    'an unknown key',
    () => ({ authorization: `Bearer ${UNKNOWN}` }),
    HERE,
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'an empty key',
    () => ({ authorization: 'Bearer ' }),
    HERE,
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'a password',
    () => ({ authorization: 'Basic YTpi' }),
    HERE,
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
  ],
  ['a revoked key', bearer('revoked'), HERE, 'unauthenticated', 'unauthenticated', 'unauthenticated'],
  ['a secret key in the URL', () => ({ queryKey: key.admin }), HERE, 'forbidden', 'forbidden', 'forbidden'],
  [
    'a public key in the URL, its page',
    () => ({ queryKey: key.beacon, origin: PAGE }),
    AWAY,
    'key a',
    'key a',
    'key a',
  ],
  [
    'a public key in the URL, other page',
    () => ({ queryKey: key.beacon, origin: 'https://evil.example' }),
    AWAY,
    'forbidden',
    'forbidden',
    'forbidden',
  ],
  ['a public key without a page', bearer('beacon'), AWAY, 'forbidden', 'forbidden', 'forbidden'],
  ['a session', cookie, HERE, 'session *', 'session *', 'session *'],
  [
    'a session, own page',
    () => ({ ...cookie(), origin: 'https://pegbar.example' }),
    AWAY,
    'session *',
    'session *',
    'session *',
  ],
  [
    'a session, other page',
    () => ({ ...cookie(), origin: 'https://evil.example' }),
    AWAY,
    'forbidden',
    'forbidden',
    'forbidden',
  ],
  [
    'a session, page of another port',
    () => ({ ...cookie(), origin: 'http://127.0.0.1:8188' }),
    HERE,
    'forbidden',
    'forbidden',
    'forbidden',
  ],
  [
    'an ended session',
    () => ({ cookie: `pegbar_session=${'A'.repeat(43)}` }),
    HERE,
    'loopback *',
    'unauthenticated',
    'unauthenticated',
  ],
  [
    'an unknown key and a session',
    () => ({ ...cookie(), authorization: `Bearer ${UNKNOWN}` }),
    HERE,
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
  ],
];

describe.each(['open', 'keys', 'public'] as const)('a server: %s', (name) => {
  const column = { open: 3, keys: 4, public: 5 }[name] as 3 | 4 | 5;
  it.each(matrix.map((row) => [row[0], row[2].remoteAddress, row[column], row] as const))(
    'answers %s from %s with %s',
    async (_what, _from, expected, [, sends, from]) => {
      const request = { ...HERE, ...from, ...sends() } as AuthRequest;
      const result = await servers[name].authenticate(request);
      const text = result.ok ? `${result.value.kind} ${result.value.tenant ?? '*'}` : result.error.code;
      expect(text).toBe(expected);
      if (!result.ok) expect(result.error.hint).toBeTruthy();
      // The door that cannot wait says the same about everything but sessions.
      if (!request.cookie) expect(servers[name].authenticateNow(request)).toEqual(result);
    },
  );
});

it('gives the keyless loopback and admins what they need, and a tenant key no more than its scopes', async () => {
  const scopes = async (request: AuthRequest) => {
    const result = await servers.open.authenticate(request);
    return result.ok ? [...result.value.scopes].sort() : [];
  };
  expect(await scopes(HERE)).toEqual(['admin', 'ingest', 'read', 'unblur']);
  expect(await scopes({ ...HERE, ...bearer('admin')() })).toEqual(['admin', 'ingest', 'read']);
  expect(await scopes({ ...HERE, ...bearer('ingest')() })).toEqual(['ingest']);
  expect(await scopes({ ...HERE, queryKey: key.beacon, origin: PAGE })).toEqual(['beacon']);
});

it('tells a mistyped key from an unknown one', async () => {
  const cut = await servers.open.authenticate({
    ...HERE,
    authorization: `Bearer ${key.admin!.slice(0, -1)}`,
  });
  expect(cut).toMatchObject({ ok: false, error: { message: 'the key is mistyped or cut off' } });
});

it('counts what it refuses', async () => {
  const before = counters.by('pegbar_access_refused_total', 'reason').unauthenticated ?? 0;
  await servers.open.authenticate({ ...HERE, authorization: `Bearer ${UNKNOWN}` });
  expect(counters.by('pegbar_access_refused_total', 'reason').unauthenticated).toBe(before + 1);
});
