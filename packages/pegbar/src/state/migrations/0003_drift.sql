-- What drift monitors found. tenant is the owner of the monitor, '' for the installation; series is the segment as
-- JSON; seen counts the looks in a row; until is null while it stands.
create table drift_findings (
  monitor text not null,
  tenant text not null,
  series text not null,
  since bigint not null,
  until bigint,
  seen integer not null,
  told text not null,
  primary key (monitor, tenant, series, since)
);
create index drift_findings_by_until on drift_findings (until, since);
