/** What administrators look after: tenants, keys, people, privacy, space, audit; each list with the acts that change it. */
import type { Scope } from '@pegbar/contract/words';
import { type UseQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get, send } from './client.ts';
import type { Page } from './types.ts';

export interface TenantPolicy {
  readonly prompts: 'keep' | 'redact' | 'hash' | 'drop';
  readonly redact: { readonly patterns: readonly string[]; readonly keys: readonly string[] };
  readonly retention_ms: Readonly<Record<string, number>>;
  readonly sampling: { readonly traces: number; readonly slow_ms: number; readonly artifacts: number };
  readonly artifact_roots: readonly string[];
}
export interface TenantRow {
  readonly name: string;
  readonly created_at: string | null;
  readonly declared: boolean;
  readonly policy: TenantPolicy;
}
/** A declared resource, its spec as it was written. */
export interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly tenant?: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: { readonly version: number; readonly changed_at: string };
}
export interface KeyRow {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly origins: readonly string[];
  readonly created_by: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}
export interface NewKey {
  readonly key: string;
  readonly id: string;
  readonly tenant: string;
}
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly created_at: string;
  readonly disabled_at: string | null;
}
export interface OptOut {
  readonly tenant: string;
  readonly user_hash: string;
  readonly since: string;
}
export interface Erasure {
  readonly tenant: string;
  readonly user_hash: string;
  readonly requested_at: string;
  /** null: it broke off. */
  readonly done_at: string | null;
}
export interface Erased {
  /** Rows, by table. */
  readonly deleted: Readonly<Record<string, number>>;
  readonly requests: number;
}
export interface TableSpace {
  readonly table: string;
  readonly doc: string;
  readonly signal: string | null;
  readonly rows: number;
  readonly bytes: number;
  readonly raw_bytes: number;
  readonly days: number;
}
export interface Storage {
  readonly tables: readonly TableSpace[];
  readonly folders: readonly { readonly name: string; readonly doc: string; readonly bytes: number }[];
}
export interface CatalogueField {
  readonly name: string;
  readonly form: string;
  readonly unit: string;
  readonly doc: string;
  readonly required: boolean;
}
export interface Catalogue {
  readonly records: readonly { readonly record: string; readonly fields: readonly CatalogueField[] }[];
  readonly attributes: readonly {
    readonly names: readonly string[];
    readonly column: string;
    readonly levels: readonly string[];
  }[];
  readonly tables: readonly {
    readonly table: string;
    readonly doc: string;
    readonly signal: string | null;
    readonly columns: readonly { readonly name: string; readonly type: string; readonly doc: string }[];
  }[];
}
export interface AuditRow {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  readonly tenant: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface DeadLetter {
  readonly id: string;
  readonly timestamp: string;
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly reason: string;
}

const useItems = <Row>(path: string, enabled = true): UseQueryResult<readonly Row[]> =>
  useQuery({
    queryKey: ['admin', path],
    queryFn: async ({ signal }) => (await get<{ items: Row[] }>(path, {}, signal)).items,
    enabled,
  });

export const useTenants = (enabled = true) => useItems<TenantRow>('tenants', enabled);
export const useTenantDocuments = () => useItems<Resource>('resources/tenant');
export const useKeys = () => useItems<KeyRow>('keys');
export const usePeople = () => useItems<Person>('users');
export const useOptOuts = (enabled = true) => useItems<OptOut>('opt-outs', enabled);
export const useErasures = () => useItems<Erasure>('erasures');
export const useDeadLetters = () => useItems<DeadLetter>('dead-letters');

const useDocument = <Answer>(path: string): UseQueryResult<Answer> =>
  useQuery({ queryKey: ['admin', path], queryFn: ({ signal }) => get<Answer>(path, {}, signal) });
export const useStorage = () => useDocument<Storage>('storage');
export const useCatalogue = () => useDocument<Catalogue>('catalogue');

const AUDIT_PAGE = 200;
/** Newest first; `fetchNextPage` goes on. */
export function useAudit(enabled = true) {
  const query = useInfiniteQuery({
    queryKey: ['admin', 'audit'],
    queryFn: ({ signal, pageParam }) =>
      get<Page<AuditRow>>('audit', { limit: AUDIT_PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    enabled,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  return { ...query, rows };
}

export const createKey = (asked: {
  tenant: string;
  name: string;
  scopes: readonly Scope[];
  origins?: readonly string[];
}): Promise<NewKey> => send('POST', 'keys', asked);
export const revokeKey = (id: string): Promise<unknown> => send('DELETE', `keys/${encodeURIComponent(id)}`);
export const createPerson = (asked: {
  name: string;
  tenant: string;
  scopes: readonly Scope[];
}): Promise<Person> => send('POST', 'users', asked);
export const disablePerson = (name: string): Promise<unknown> =>
  send('DELETE', `users/${encodeURIComponent(name)}`);
export const createLoginLink = (name: string): Promise<{ url: string; expires_at: string }> =>
  send('POST', `users/${encodeURIComponent(name)}/login-link`, {});
/** YAML of one or more documents; JSON is YAML too. */
export const applyResources = (yaml: string): Promise<unknown> =>
  send('POST', 'resources', yaml, { type: 'application/yaml' });
export const deleteTenantDocument = (name: string): Promise<unknown> =>
  send('DELETE', `resources/tenant/${encodeURIComponent(name)}`);
export const replayDeadLetters = (
  ids: readonly string[] | undefined,
): Promise<{ replayed: number; rows: number; failed: readonly { id: string; message: string }[] }> =>
  send('POST', 'dead-letters/replay', ids === undefined ? {} : { ids });

/** A user of a tenant, by the hash that the columns show. */
export interface UserOf {
  readonly tenant: string;
  readonly user_hash: string;
}
/** Or by the id that senders send; one of both. */
export interface UserAsked {
  readonly tenant: string;
  readonly user_hash?: string;
  readonly user_id?: string;
}
export const addOptOut = ({ tenant, ...user }: UserAsked): Promise<unknown> =>
  send('POST', 'opt-outs', user, { params: { tenant } });
export const removeOptOut = ({ tenant, user_hash }: UserOf): Promise<unknown> =>
  send('DELETE', `opt-outs/${encodeURIComponent(user_hash)}`, undefined, { params: { tenant } });
export const erase = ({ tenant, ...user }: UserAsked): Promise<Erased> =>
  send('POST', 'erasures', user, { params: { tenant } });
