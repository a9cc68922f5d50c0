/** Puts the room together: one `Access` per server. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Log } from '../base/log.ts';
import { ok, type Result } from '../base/result.ts';
import type { State } from '../state/index.ts';
import { firstAdminKey, setOutsideAdminKey } from './admin-key.ts';
import { type Audit, createAudit } from './audit.ts';
import { type Authenticator, createAuthenticator } from './authenticate.ts';
import type { Caller } from './caller.ts';
import type { AccessError } from './errors.ts';
import type { RandomBytes } from './key-format.ts';
import { createKeys, type Keys } from './keys.ts';
import { createResources, type ResourceKind, type Resources } from './resources.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { type TenantDefaults, tenantSpecSchema } from './tenant-spec.ts';
import { createTenants, type Tenants } from './tenants.ts';
import { createUsers, type Users } from './users.ts';

export interface AccessOptions {
  state: State;
  clock: Clock;
  counters: Counters;
  log: Log;
  /** `--require-key`: keys on loopback too. */
  requireKey: boolean;
  /** Whether the server listens on loopback only (`canStart` tells). */
  loopback: boolean;
  /** Retention and sampling of the server's configuration: a tenant's own spec wins over them. */
  tenantDefaults?: Omit<TenantDefaults, 'loopback'>;
  /** `PEGBAR_ADMIN_KEY`. */
  adminKey?: string | undefined;
  random?: RandomBytes;
}

export interface Access {
  /** Loopback callers without a key are admins: say so in a banner. */
  readonly keyless: boolean;
  authenticate: Authenticator['authenticate'];
  authenticateNow: Authenticator['authenticateNow'];

  createKey: Keys['create'];
  listKeys: Keys['list'];
  revokeKey: Keys['revoke'];
  hasAdminKey: Keys['hasAdminKey'];
  /** An admin key on the first start of a data directory, to be shown once; null later. */
  firstAdminKey(): Promise<string | null>;

  createUser: Users['create'];
  listUsers: Users['list'];
  disableUser: Users['disable'];
  createLoginLink: Sessions['createLoginLink'];
  redeem: Sessions['redeem'];
  logout: Sessions['logout'];

  ensureTenant: Tenants['ensure'];
  tenantSpec: Tenants['spec'];
  listTenants: Tenants['list'];
  tenantForWrite: Tenants['forWrite'];
  onTenantChange: Tenants['onChange'];

  registerKind: Resources['register'];
  applyResources: Resources['apply'];
  getResources: Resources['get'];
  deleteResource: Resources['remove'];

  audit: Audit['write'];
  listAudit: Audit['list'];

  /** Writes what is still in memory. Before the state store is closed. */
  close(): Promise<void>;
}

/** Fails where `adminKey` is too weak to be one. */
export async function createAccess(options: AccessOptions): Promise<Result<Access, AccessError>> {
  const { state, clock, counters, log, random = randomBytes } = options;
  const keyless = options.loopback && !options.requireKey;
  const audit = await createAudit({ state, clock, random });
  const defaults = { loopback: options.loopback, ...options.tenantDefaults };
  const tenants = await createTenants({ state, clock, counters, log, defaults });
  const users = await createUsers({ state, clock, random, audit });
  const sessions = createSessions({ state, clock, random, audit, users });
  const resources = createResources({ state, clock, audit, tenants });
  resources.register(tenantKind(tenants));
  const keys = await createKeys({ state, clock, log, random, audit, tenants });
  const adminKeys = { state, keys, now: () => clock.now() };
  if (options.adminKey !== undefined) {
    const set = await setOutsideAdminKey(adminKeys, options.adminKey);
    if (!set.ok) {
      await keys.close();
      return set;
    }
    if (set.value === 'revoked')
      log.warn({}, 'PEGBAR_ADMIN_KEY names a key that was revoked; set another one');
  }
  const authenticator = createAuthenticator({ keys, sessions, counters, keyless });

  return ok({
    keyless,
    authenticate: authenticator.authenticate,
    authenticateNow: authenticator.authenticateNow,
    createKey: keys.create,
    listKeys: keys.list,
    revokeKey: keys.revoke,
    hasAdminKey: keys.hasAdminKey,
    firstAdminKey: () => firstAdminKey(adminKeys),
    createUser: users.create,
    listUsers: users.list,
    disableUser: users.disable,
    createLoginLink: sessions.createLoginLink,
    redeem: sessions.redeem,
    logout: sessions.logout,
    ensureTenant: tenants.ensure,
    tenantSpec: tenants.spec,
    listTenants: tenants.list,
    tenantForWrite: tenants.forWrite,
    onTenantChange: tenants.onChange,
    registerKind: resources.register,
    applyResources: resources.apply,
    getResources: resources.get,
    deleteResource: resources.remove,
    audit: audit.write,
    listAudit: audit.list,
    close: keys.close,
  });
}

function tenantKind(tenants: Tenants): ResourceKind {
  return {
    kind: 'Tenant',
    schema: tenantSpecSchema,
    owner: 'itself',
    /** Folders of the server's disk are the installation's to give, not a tenant's. */
    authorise(spec: unknown, actor: Caller): AccessError | undefined {
      const { artifact_roots: roots = [] } = spec as { artifact_roots?: string[] };
      if (actor.tenant === null || roots.length === 0) return undefined;
      return {
        code: 'forbidden',
        message: 'spec.artifact_roots: only an admin of every tenant may name folders of the server',
        field: 'spec.artifact_roots',
        hint: 'Use an admin key of the tenant "*".',
      };
    },
    changed: ({ name, spec }) => tenants.setDocument(name, spec),
  };
}
