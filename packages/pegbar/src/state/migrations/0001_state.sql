-- The state of an installation: everything that people decide, and where the workers stand.
-- Common subset of SQLite and PostgreSQL. Times are epoch milliseconds, JSON is text.

create table tenants (
  name text primary key,
  -- number of the engine user and database that serve this tenant's free SQL
  slot integer not null unique,
  created_at bigint not null
);

create table keys (
  id text primary key,
  -- '*' is every tenant
  tenant text not null,
  name text not null,
  -- JSON arrays of text
  scopes text not null,
  origins text not null,
  -- SHA-256 in hex; keys carry 178 random bits, so no salt and no slow hash are needed
  hash text not null unique,
  created_at bigint not null,
  created_by text not null,
  last_used_at bigint,
  revoked_at bigint
);

create table users (
  id text primary key,
  name text not null unique,
  tenant text not null,
  scopes text not null,
  created_at bigint not null,
  disabled_at bigint
);

create table sessions (
  token_hash text primary key,
  user_id text not null references users (id),
  csrf text not null,
  created_at bigint not null,
  expires_at bigint not null
);

create table login_links (
  token_hash text primary key,
  user_id text not null references users (id),
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);

-- Append only: no statement of Pegbar updates or deletes here. Ids grow with time.
create table audit (
  id text primary key,
  at bigint not null,
  actor text not null,
  action text not null,
  object text not null,
  tenant text,
  detail text not null
);
create index audit_by_tenant on audit (tenant, id);

create table settings (
  key text primary key,
  value text not null,
  changed_at bigint not null
);

-- Declared resources as their owner wrote them. tenant is '' for what belongs to the installation.
create table resources (
  kind text not null,
  tenant text not null,
  name text not null,
  spec text not null,
  version integer not null,
  changed_at bigint not null,
  primary key (kind, tenant, name)
);

-- Hours whose rollup no longer equals the raw rows. A rebuild deletes only the row whose since it read,
-- so that an hour which becomes dirty again meanwhile stays listed.
create table dirty_hours (
  tenant text not null,
  hour_ms bigint not null,
  since bigint not null,
  primary key (tenant, hour_ms)
);

-- Where a resumable job stands.
create table imports (
  name text primary key,
  cursor text not null,
  detail text not null,
  changed_at bigint not null
);

create table opt_outs (
  tenant text not null,
  user_hash text not null,
  since bigint not null,
  primary key (tenant, user_hash)
);

create table erasures (
  tenant text not null,
  user_hash text not null,
  requested_at bigint not null,
  done_at bigint,
  primary key (tenant, user_hash, requested_at)
);
