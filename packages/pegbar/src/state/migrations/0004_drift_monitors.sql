-- Where the watch over drift monitors stands. tenant is the owner of the monitor, '' for the installation; looked is
-- the end of the last window looked at and at when that was; spec is what was looked at, budget is JSON
-- (drift/watch-budget.ts).
create table drift_monitors (
  monitor text not null,
  tenant text not null,
  looked bigint not null,
  at bigint not null,
  spec text not null,
  verdict text,
  series integer not null,
  drifting integer not null,
  error text,
  budget text,
  primary key (monitor, tenant)
);
-- Looks in a row that did not see it any more, and since when.
alter table drift_findings add column missed integer not null default 0;
alter table drift_findings add column missed_since bigint;
