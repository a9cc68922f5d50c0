/** Decides who may do what, and whose rows they see. */
export { type Access, type AccessOptions, createAccess } from './access.ts';
export type { AuditEntry, AuditRow } from './audit.ts';
export type { AuthFailure, AuthRequest, AuthResult } from './authenticate.ts';
export {
  ALL_TENANTS,
  actorName,
  type Caller,
  DEFAULT_TENANT,
  isTenantName,
  requireAdmin,
  requireScope,
  SYSTEM,
  scopeFor,
  type TenantScope,
} from './caller.ts';
export type { AccessError } from './errors.ts';
export type { KeyInfo } from './keyring.ts';
export type { KeyRequest, NewKey } from './keys.ts';
export { canStart, isLoopbackAddress, isLoopbackHost } from './loopback.ts';
export { readDocuments } from './resource-documents.ts';
export type { Applied, Resource, ResourceKind } from './resources.ts';
export {
  checkCsrf,
  clearedSessionCookie,
  readSessionCookie,
  type Session,
  sessionCookie,
} from './sessions.ts';
export type { RetentionKind, TenantSpec } from './tenant-spec.ts';
export type { Tenant, TenantListener } from './tenants.ts';
export type { UserInfo } from './users.ts';
