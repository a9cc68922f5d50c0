/** The statements of this room, in the common subset of SQLite and PostgreSQL. */

export const INSERT_AUDIT = `insert into audit (id, at, actor, action, object, tenant, detail)
  values (?, ?, ?, ?, ?, ?, ?)`;
export const NEWEST_AUDIT = 'select id from audit order by id desc limit 1';
export const LIST_AUDIT = `select id, at, actor, action, object, tenant, detail from audit
  where id < ? order by id desc limit ?`;
export const LIST_AUDIT_OF_TENANT = `select id, at, actor, action, object, tenant, detail from audit
  where tenant = ? and id < ? order by id desc limit ?`;

const KEY_COLUMNS =
  'id, tenant, name, scopes, origins, hash, created_at, created_by, last_used_at, revoked_at';
export const INSERT_KEY = `insert into keys (id, tenant, name, scopes, origins, hash, created_at, created_by)
  values (?, ?, ?, ?, ?, ?, ?, ?)`;
export const LIVE_KEYS = `select ${KEY_COLUMNS} from keys where revoked_at is null`;
export const ALL_KEYS = `select ${KEY_COLUMNS} from keys order by created_at, id`;
export const KEY_BY_ID = `select ${KEY_COLUMNS} from keys where id = ?`;
export const KEY_BY_HASH = `select ${KEY_COLUMNS} from keys where hash = ?`;
export const REVOKE_KEY = 'update keys set revoked_at = ? where id = ? and revoked_at is null';
export const TOUCH_KEY = 'update keys set last_used_at = ? where id = ?';

export const LIST_TENANTS = 'select name, slot, created_at from tenants order by slot';
export const TENANT = 'select name, slot, created_at from tenants where name = ?';
/** Slots are given in order; two writers that meet find each other by the unique slot and try again. */
export const INSERT_TENANT = `insert into tenants (name, slot, created_at)
  values (?, (select coalesce(max(slot) + 1, 0) from tenants), ?)
  on conflict do nothing returning name, slot, created_at`;

const RESOURCE_COLUMNS = 'kind, tenant, name, spec, version, changed_at';
export const RESOURCES_OF_KIND = `select ${RESOURCE_COLUMNS} from resources where kind = ? order by tenant, name`;
export const RESOURCE = `select ${RESOURCE_COLUMNS} from resources where kind = ? and tenant = ? and name = ?`;
export const PUT_RESOURCE = `insert into resources (kind, tenant, name, spec, version, changed_at)
  values (?, ?, ?, ?, 1, ?)
  on conflict (kind, tenant, name) do update
  set spec = excluded.spec, version = resources.version + 1, changed_at = excluded.changed_at
  returning version`;
export const DELETE_RESOURCE = 'delete from resources where kind = ? and tenant = ? and name = ?';

export const USER_BY_NAME =
  'select id, name, tenant, scopes, created_at, disabled_at from users where name = ?';
export const USER_BY_ID = 'select id, name, tenant, scopes, created_at, disabled_at from users where id = ?';
export const LIST_USERS = 'select id, name, tenant, scopes, created_at, disabled_at from users order by name';
export const INSERT_USER = `insert into users (id, name, tenant, scopes, created_at) values (?, ?, ?, ?, ?)
  on conflict (name) do nothing returning id`;
export const DISABLE_USER = 'update users set disabled_at = ? where id = ? and disabled_at is null';
export const DELETE_SESSIONS_OF_USER = 'delete from sessions where user_id = ?';
export const DELETE_LINKS_OF_USER = 'delete from login_links where user_id = ?';

export const INSERT_LINK =
  'insert into login_links (token_hash, user_id, created_at, expires_at) values (?, ?, ?, ?)';
export const USE_LINK = `update login_links set used_at = ?
  where token_hash = ? and used_at is null and expires_at > ? returning user_id`;
export const DELETE_OLD_LINKS = 'delete from login_links where expires_at <= ?';
export const INSERT_SESSION =
  'insert into sessions (token_hash, user_id, csrf, created_at, expires_at) values (?, ?, ?, ?, ?)';
export const SESSION = `select s.csrf, s.created_at, s.expires_at, u.name, u.tenant, u.scopes
  from sessions s join users u on u.id = s.user_id
  where s.token_hash = ? and s.expires_at > ? and u.disabled_at is null`;
export const EXTEND_SESSION = 'update sessions set expires_at = ? where token_hash = ?';
export const DELETE_SESSION = 'delete from sessions where token_hash = ?';
export const DELETE_OLD_SESSIONS = 'delete from sessions where expires_at <= ?';
