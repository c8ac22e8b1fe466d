-- A captured table, by the name of its SemanticIndex.
create table aviary.source (
  id integer generated always as identity primary key,
  name text not null unique,
  -- What the triggers were generated from: they are made anew when it differs.
  capture_definition text not null,
  -- What the records are made from: a backfill is due when it differs.
  content_definition text not null
);

-- Which rows changed, and nothing of their content: that is read when they are claimed.
-- Append-only for writers; pelican deletes what it has published. One row holds up to some hundred keys, so
-- that a bulk write costs little. A key is its column's text, or a JSON array of texts when it is composite.
create table aviary.outbox (
  partition smallint not null,
  seq bigint generated always as identity,
  source_id integer not null,
  keys text[] not null,
  -- true: the text differs from any stored one. false: it does not. null: unknown, or the row was deleted.
  text_is_new boolean,
  captured_at timestamptz not null default clock_timestamp(),
  primary key (partition, seq)
) with (
  -- A queue: vacuum by count, not by share.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_analyze_scale_factor = 0,
  autovacuum_analyze_threshold = 1000000
);

-- The same key always falls into the same partition, which is what keeps its changes in order.
create function aviary.partition_of(key text) returns smallint
  language sql immutable parallel safe
  return (pg_catalog.hashtext(key) operator(pg_catalog.&) 63)::smallint;

-- Puts keys into the outbox by hand: backfill, redrive, repair.
create function aviary.enqueue(source integer, keys text[]) returns void
  language sql
  begin atomic
    insert into aviary.outbox (partition, source_id, keys)
      select aviary.partition_of(key), source, pg_catalog.array_agg(key)
      from pg_catalog.unnest(keys) as key
      group by aviary.partition_of(key);
  end;

-- Locks partitions that have changes of these sources, until the transaction ends, and returns their oldest
-- changes, about max_keys in all. A partition that another claimant holds is passed over, so a key is never
-- in two hands. Starts anywhere, so that no partition starves.
create function aviary.claim(sources integer[], max_keys integer)
  returns setof aviary.outbox
  language plpgsql
as $$
declare
  start_at constant smallint := floor(random() * 64);
  candidate smallint;
  change aviary.outbox;
  taken integer := 0;
begin
  for candidate in
    -- A loose index scan: one probe for each partition that is not empty.
    with recursive busy(partition) as (
      (select o.partition from aviary.outbox o order by o.partition limit 1)
      union all
      select (
        select o.partition from aviary.outbox o
        where o.partition > busy.partition order by o.partition limit 1
      )
      from busy where busy.partition is not null
    )
    select partition from busy where partition is not null
    order by (partition - start_at + 64) % 64
  loop
    continue when not pg_try_advisory_xact_lock(7161002, candidate);
    for change in
      select * from aviary.outbox o
      where o.partition = candidate and o.source_id = any (sources)
      order by o.seq
      limit max_keys
    loop
      return next change;
      taken := taken + cardinality(change.keys);
      exit when taken >= max_keys;
    end loop;
    exit when taken >= max_keys;
  end loop;
end
$$;

-- How far the walk over a table has come. Resumed after a crash from last_key.
create table aviary.backfill (
  source_id integer primary key references aviary.source on delete cascade,
  requested_at timestamptz not null default now(),
  last_key text[],
  processed bigint not null default 0,
  total bigint not null default 0,
  -- All rows are on their way; records whose rows are gone are still to be found.
  walked_at timestamptz,
  finished_at timestamptz
);
