-- The audits that pelicans do by themselves: when the last one ended, and what it found.
create table aviary.audit (
  source_id integer primary key references aviary.source on delete cascade,
  -- The first one is due an interval later.
  known_since timestamptz not null default clock_timestamp(),
  -- Nobody begins before: held ahead by whoever audits now, and for a while after a failure.
  next_start_at timestamptz not null default '-infinity',
  -- Of the one under way, or the last.
  started_at timestamptz,
  -- Of the last that came to its end, as are the figures.
  finished_at timestamptz,
  -- Of the last that left nothing undecided.
  decided_at timestamptz,
  seconds double precision,
  row_count bigint,
  record_count bigint,
  missing bigint,
  stale bigint,
  orphaned bigint,
  mended bigint,
  undecided bigint,
  foreign_ids bigint,
  unindexable bigint
);
