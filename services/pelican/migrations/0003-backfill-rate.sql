alter table aviary.backfill
  -- Null: as fast as the outbox drains.
  add column rows_per_second integer check (rows_per_second > 0),
  -- Nobody takes a step before. Keeps the rate, over all pelicans, and keeps others away while one sweeps the index.
  add column next_step_at timestamptz not null default '-infinity';

-- Requests a walk over a source's table, from its beginning, at most so many rows a second. A rate of null: as fast
-- as the outbox drains.
create function aviary.request_backfill(source integer, rate integer default null) returns void
  language sql
  begin atomic
    insert into aviary.backfill (source_id, rows_per_second) values (source, rate)
      on conflict (source_id) do update
      set requested_at = clock_timestamp(), last_key = null, processed = 0, total = 0,
          walked_at = null, finished_at = null, rows_per_second = rate, next_step_at = '-infinity';
  end;

-- Whether more than so many keys of these sources wait in the outbox, from seq `since` on. Reads no more than it takes to know.
create function aviary.holds_more_keys(than integer, sources integer[], since bigint) returns boolean
  language plpgsql stable
  set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  of_change integer;
  counted integer := 0;
begin
  for of_change in
    select change.keys from unnest(sources) s, generate_series(0, 63) p, lateral (
      select cardinality(o.keys) as keys from aviary.outbox o
      where o.source_id = s and o.partition = p and o.seq >= since limit than + 1
    ) change
  loop
    counted := counted + of_change;
    if counted > than then return true; end if;
  end loop;
  return false;
end
$$;
