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
  -- Sources have pelicans of their own, and one may be halted with a million rows waiting: nobody walks past those.
  primary key (source_id, partition, seq)
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

-- Whether there is anything of these sources to claim from seq `since` on.
create function aviary.has_changes(sources integer[], since bigint) returns boolean
  language plpgsql stable
  set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  return exists (
    select from unnest(sources) s, generate_series(0, 63) p, lateral (
      select from aviary.outbox o
      where o.source_id = s and o.partition = p and o.seq >= since limit 1
    ) busy
  );
end
$$;

-- The lowest seq of these sources in the outbox, or the last one drawn when it holds nothing of theirs.
create function aviary.first_change(sources integer[]) returns bigint
  language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  last_drawn constant bigint := (select last_value from aviary.outbox_seq_seq);
begin
  return coalesce((
    select min(first.seq) from unnest(sources) s, generate_series(0, 63) p, lateral (
      select o.seq from aviary.outbox o where o.source_id = s and o.partition = p order by o.seq limit 1
    ) first
  ), last_drawn);
end
$$;

-- Takes the triggers and functions of a source off its table: for a change of the table that they stand in the
-- way of. The next start of pelican puts them back, and backfills what was written meanwhile.
create function aviary.remove_capture(source_name text) returns void
  language plpgsql
  -- Whoever calls it: names and operators are those of pg_catalog, and names print with their schema.
  set search_path = pg_catalog, pg_temp
as $$
declare
  prefix constant text := (select format('aviary_%s_', id) from aviary.source where name = source_name);
  statement text;
begin
  -- By the function they call, not by their own name, which a table's owner chooses freely.
  for statement in
    select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where p.pronamespace = 'aviary'::regnamespace and starts_with(p.proname, prefix)
  loop
    execute statement;
  end loop;
  for statement in
    select format('drop function if exists %s cascade', oid::regprocedure)
    from pg_proc where pronamespace = 'aviary'::regnamespace and starts_with(proname, prefix)
  loop
    execute statement;
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
