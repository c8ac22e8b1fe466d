-- What the page shows of schema aviary, and all that it may read there: numbers and times, and nobody's rows or keys.

-- How much waits in the outbox, and since when.
create or replace view aviary.backlog as
  select coalesce(sum(cardinality(keys)), 0) as waiting, min(captured_at) as oldest_at from aviary.outbox;

-- How far the last backfill of each SemanticIndex has come.
create or replace view aviary.backfill_progress as
  select s.name as index,
         case when b.finished_at is not null and b.walked_at is null then 'cancelled'
              when b.finished_at is not null then 'finished'
              when b.walked_at is not null then 'sweeping'
              when b.last_key is not null then 'walking'
              else 'waiting' end as phase,
         b.processed, greatest(b.total, b.processed) as total, b.rows_per_second, b.requested_at, b.finished_at
  from aviary.backfill b join aviary.source s on s.id = b.source_id;

-- What the last audit of each SemanticIndex found, and whether one is under way.
create or replace view aviary.audit_result as
  select s.name as index,
         coalesce(a.started_at > coalesce(a.finished_at, '-infinity') and a.next_start_at > clock_timestamp(), false)
           as under_way,
         a.finished_at, a.decided_at, a.seconds, a.row_count, a.record_count,
         a.missing, a.stale, a.orphaned, a.mended, a.undecided, a.foreign_ids, a.unindexable
  from aviary.audit a join aviary.source s on s.id = a.source_id;

-- Whether each of these rows of a SemanticIndex has a change, of that moment or later, that waits to be queued: of keys
-- the asker names, and of nothing else. Looks at the newest 200 of its rows in a key's partition only; where the moment lies
-- further back than these, the key counts as waiting.
create or replace function aviary.awaits_queueing(index_name text, wanted text[], since timestamptz[])
  returns setof boolean
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  -- The table is a queue, so statistics mislead.
  set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  return query
    select (
      select coalesce(bool_or(newest.captured_at >= moment and key = any (newest.keys)), false)
        or (count(*) = 200 and min(newest.captured_at) >= moment)
      from (
        select o.keys, o.captured_at from aviary.outbox o
        where o.source_id = (select s.id from aviary.source s where s.name = index_name)
          and o.partition = aviary.partition_of(key)
        order by o.seq desc limit 200
      ) newest
    )
    from unnest(wanted, since) with ordinality as asked(key, moment, place)
    order by place;
end
$$;
