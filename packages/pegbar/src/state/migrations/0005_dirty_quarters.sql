-- Quarters of days (UTC, ms) whose hours were counted anew and whose sums for drift are still the old ones.
create table dirty_quarters (
  t_ms integer primary key,
  touched integer not null
);
