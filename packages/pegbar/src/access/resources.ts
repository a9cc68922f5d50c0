/**
 * Declared resources: YAML documents that `pegbar apply -f` sends and the state store keeps as they were
 * written. A room registers its kind with a schema; everything else is the same for all kinds.
 */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Queries, State } from '../state/index.ts';
import type { Audit, AuditEntry } from './audit.ts';
import { type Caller, requireAdmin, type TenantScope } from './caller.ts';
import { type AccessError, refuse } from './errors.ts';
import * as SQL from './queries.ts';
import { API_VERSION, type ResourceDocument, readDocuments } from './resource-documents.ts';
import type { Tenants } from './tenants.ts';

export interface ResourceKind {
  kind: string;
  /** Of `spec`; strict, so that unknown fields are errors. */
  schema: z.ZodType;
  /**
   * `itself`: the document is the tenant of its name. `tenant`: it belongs to `metadata.tenant`, else to the
   * caller's tenant, else to the installation, for every tenant.
   */
  owner: 'itself' | 'tenant';
  /** A reason to refuse this caller beyond that it must be admin of the owner. */
  authorise?(spec: unknown, actor: Caller): AccessError | undefined;
  /** Called once the change is durable; undefined = deleted. */
  changed?(resource: { tenant: string | null; name: string; spec: unknown }): void;
}

export interface Resource {
  apiVersion: typeof API_VERSION;
  kind: string;
  metadata: { name: string; tenant?: string };
  /** As it was written. */
  spec: unknown;
  /** Ignored by `apply`, so that what `get` shows can be applied again. */
  status: { version: number; changed_at: string };
}

export interface Applied {
  kind: string;
  name: string;
  tenant: string | null;
  version: number;
  change: 'created' | 'changed' | 'unchanged';
}

export interface Resources {
  register(kind: ResourceKind): void;
  /** All documents or none. */
  apply(yaml: string, actor: Caller): Promise<Result<Applied[], AccessError>>;
  get(kind: string, name: string | undefined, scope: TenantScope): Promise<Result<Resource[], AccessError>>;
  /** For kind Tenant the document goes, and defaults hold again; the tenant and its rows stay. */
  remove(kind: string, name: string, actor: Caller, tenant?: string): Promise<Result<void, AccessError>>;
}

/** In the table, what belongs to the installation has the owner ''. */
const INSTALLATION = '';

type Kinds = Map<string, ResourceKind>;

interface Prepared extends ResourceDocument {
  kindOf: ResourceKind;
  owner: string;
}

interface ResourceDeps {
  state: State;
  clock: Clock;
  audit: Audit;
  tenants: Tenants;
}

export function createResources(deps: ResourceDeps): Resources {
  const { state, audit, tenants } = deps;
  const kinds: Kinds = new Map();

  async function apply(yaml: string, actor: Caller): Promise<Result<Applied[], AccessError>> {
    const prepared = prepare(kinds, yaml, actor);
    if (!prepared.ok) return prepared;
    for (const owner of new Set(prepared.value.map((one) => one.owner))) {
      if (owner === INSTALLATION) continue;
      const tenant = await tenants.ensure(owner);
      if (!tenant.ok) return tenant;
    }
    const applied = await state.transaction(async (tx) => {
      const done: Applied[] = [];
      for (const one of prepared.value) done.push(await put(deps, tx, one, actor));
      return done;
    });
    prepared.value.forEach(({ kindOf, owner, name, spec }, index) => {
      if (applied[index]!.change !== 'unchanged') kindOf.changed?.({ tenant: owner || null, name, spec });
    });
    return ok(applied);
  }

  async function remove(
    kind: string,
    name: string,
    actor: Caller,
    tenant?: string,
  ): Promise<Result<void, AccessError>> {
    const kindOf = kindCalled(kinds, kind);
    if (!kindOf.ok) return kindOf;
    const owner = ownerOf(kindOf.value, name, tenant, actor);
    if (!owner.ok) return owner;
    const removed = await state.transaction(async (tx) => {
      const { changes } = await tx.run(SQL.DELETE_RESOURCE, [kind, owner.value, name]);
      if (changes === 0) return false;
      await audit.write(auditEntry('delete', { kind, name, owner: owner.value }, actor), tx);
      return true;
    });
    if (!removed) return refuse('not_found', `there is no ${kind} ${name}`);
    kindOf.value.changed?.({ tenant: owner.value || null, name, spec: undefined });
    return ok(undefined);
  }

  return {
    register(kind) {
      if (kinds.has(kind.kind)) throw new Error(`the kind ${kind.kind} is registered twice`);
      kinds.set(kind.kind, kind);
    },
    apply,
    async get(kind, name, scope) {
      const kindOf = kindCalled(kinds, kind);
      if (!kindOf.ok) return kindOf;
      const rows = await state.all<StoredResource>(SQL.RESOURCES_OF_KIND, [kind]);
      const found = rows.filter(
        (row) =>
          (scope.tenant === null || row.tenant === scope.tenant) && (name === undefined || row.name === name),
      );
      if (name !== undefined && found.length === 0) return refuse('not_found', `there is no ${kind} ${name}`);
      return ok(found.map((row) => documentOf(row, kindOf.value)));
    },
    remove,
  };
}

function kindCalled(kinds: Kinds, kind: string, where = ''): Result<ResourceKind, AccessError> {
  const found = kinds.get(kind);
  if (found) return ok(found);
  return refuse('invalid_request', `${where}there is no kind ${JSON.stringify(kind.slice(0, 80))}`, {
    field: 'kind',
    hint: `Kinds: ${[...kinds.keys()].join(', ')}.`,
  });
}

/** Everything that can be refused is refused here, before anything is stored. */
function prepare(kinds: Kinds, yaml: string, actor: Caller): Result<Prepared[], AccessError> {
  const documents = readDocuments(yaml, (kind, where) => {
    const found = kindCalled(kinds, kind, where);
    return found.ok ? ok(found.value.schema) : found;
  });
  if (!documents.ok) return documents;
  const prepared: Prepared[] = [];
  const seen = new Set<string>();
  for (const document of documents.value) {
    const { kind, name, spec } = document;
    const kindOf = kinds.get(kind)!;
    const owner = ownerOf(kindOf, name, document.tenant, actor);
    if (!owner.ok) return owner;
    const refused = kindOf.authorise?.(spec, actor);
    if (refused) return fail(refused);
    const id = JSON.stringify([kind, owner.value, name]);
    if (seen.has(id)) {
      return refuse('invalid_request', `${kind} ${name} is declared twice`, { field: 'metadata.name' });
    }
    seen.add(id);
    prepared.push({ ...document, kindOf, owner: owner.value });
  }
  return ok(prepared);
}

async function put(deps: ResourceDeps, tx: Queries, one: Prepared, actor: Caller): Promise<Applied> {
  const { kind, owner, name, spec } = one;
  const result = { kind, name, tenant: owner || null };
  const before = await tx.get<StoredResource>(SQL.RESOURCE, [kind, owner, name]);
  if (before && isDeepStrictEqual(JSON.parse(before.spec), spec)) {
    return { ...result, version: before.version, change: 'unchanged' };
  }
  const values = [kind, owner, name, JSON.stringify(spec), deps.clock.now()];
  const row = await tx.get<{ version: number }>(SQL.PUT_RESOURCE, values);
  const version = row!.version;
  const detail = { version, before: before ? JSON.parse(before.spec) : null, after: spec };
  await deps.audit.write(auditEntry('apply', one, actor, detail), tx);
  return { ...result, version, change: before ? 'changed' : 'created' };
}

function auditEntry(
  verb: 'apply' | 'delete',
  { kind, name, owner }: { kind: string; name: string; owner: string },
  actor: Caller,
  detail: Record<string, unknown> = {},
): AuditEntry {
  return { actor, action: `resource.${verb}`, object: `${kind}/${name}`, tenant: owner || null, detail };
}

/** Whose a document is, and whether this caller may change it. */
function ownerOf(
  kind: ResourceKind,
  name: string,
  tenant: string | undefined,
  actor: Caller,
): Result<string, AccessError> {
  const owner = kind.owner === 'itself' ? name : (tenant ?? actor.tenant ?? INSTALLATION);
  const allowed = requireAdmin(actor, owner === INSTALLATION ? null : owner);
  return allowed.ok ? ok(owner) : allowed;
}

type StoredResource = {
  kind: string;
  tenant: string;
  name: string;
  spec: string;
  version: number;
  changed_at: number;
};

function documentOf(row: StoredResource, kind: ResourceKind): Resource {
  const { name, tenant, version, changed_at } = row;
  const metadata = kind.owner === 'itself' || tenant === INSTALLATION ? { name } : { name, tenant };
  const spec = JSON.parse(row.spec) as unknown;
  const status = { version, changed_at: new Date(changed_at).toISOString() };
  return { apiVersion: API_VERSION, kind: row.kind, metadata, spec, status };
}
