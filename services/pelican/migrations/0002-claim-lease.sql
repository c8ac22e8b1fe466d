-- Who alone may publish the changes of a partition, and until when. A claim's locks end with its connection, and
-- what the claimant is sending does not: it may be frozen, or know nothing of the break yet. So the right to publish
-- is on record, committed before the first message is sent, and outlives the connection.
create table aviary.claim_lease (
  partition smallint primary key,
  -- Of the last claim. Versions only grow here: a claimant that slept through others' claims cannot come back.
  version bigint not null,
  -- '-infinity' once the claim has ended and nothing of it can still be on its way.
  expires_at timestamptz not null
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

insert into aviary.claim_lease (partition, version, expires_at)
  select p, 0, '-infinity' from generate_series(0, 63) p;

drop function aviary.claim;
drop type aviary.claimed_change;

-- A change in a claimant's hands. A key's versions grow from claim to claim, which its seqs need not: a long
-- transaction commits a low one after a higher one was published.
create type aviary.claimed_change as (
  -- Where it lies in the table, until the transaction ends: outbox rows are never updated.
  place tid,
  partition smallint,
  seq bigint,
  source_id integer,
  keys text[],
  text_is_new boolean,
  captured_at timestamptz,
  version bigint
);

-- Locks partitions that have changes of these sources, until the transaction ends, and returns their oldest
-- changes, about max_keys in all. A partition that another claimant holds, or may still publish from, is passed
-- over, so a key is never in two hands. Starts anywhere, so that no partition starves. Looks at changes from seq
-- `since` on only.
create function aviary.claim(sources integer[], max_keys integer, since bigint)
  returns setof aviary.claimed_change
  language plpgsql
  -- The table is a queue, so statistics mislead: only a walk along the index stops early and skips the dead.
  set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  start_at constant smallint := floor(random() * 64);
  candidate smallint;
  change aviary.claimed_change;
  claim_version bigint;
  taken integer := 0;
begin
  -- A crash that undoes the removal repeats a batch: no reason to wait for the disk.
  perform set_config('synchronous_commit', 'off', true);
  for candidate in
    select p from generate_series(0, 63) p, lateral (
      select from aviary.outbox o where o.partition = p and o.seq >= since limit 1
    ) busy
    order by (p - start_at + 64) % 64
  loop
    continue when not pg_try_advisory_xact_lock(7161002, candidate);
    continue when exists (
      select from aviary.claim_lease l where l.partition = candidate and l.expires_at > clock_timestamp()
    );
    -- Drawn under the lock: who holds the partition next, draws a higher one.
    claim_version := nextval('aviary.outbox_seq_seq');
    for change in
      select o.ctid, o.partition, o.seq, o.source_id, o.keys, o.text_is_new, o.captured_at, claim_version
      from aviary.outbox o
      where o.partition = candidate and o.seq >= since and o.source_id = any (sources)
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

-- Puts the right to publish these claims on record, for so many milliseconds, or raises an error: another claim is
-- newer, or may still be publishing. Returns when it ends, in milliseconds since the epoch.
create function aviary.take_lease(partitions smallint[], versions bigint[], lease_ms integer)
  returns double precision
  language plpgsql
as $$
declare
  ends constant timestamptz := clock_timestamp() + lease_ms * interval '1 millisecond';
  taken integer;
begin
  update aviary.claim_lease l set version = claimed.version, expires_at = ends
    from unnest(partitions, versions) as claimed(partition, version)
    where l.partition = claimed.partition and l.version < claimed.version
      and l.expires_at <= clock_timestamp();
  get diagnostics taken = row_count;
  if taken < cardinality(partitions) then
    raise exception 'another claim took the place of this one' using errcode = 'lock_not_available';
  end if;
  return extract(epoch from ends) * 1000;
end
$$;

-- Ends the leases of these claims, once nothing of them is on its way any more, and says how many there were that
-- had so many milliseconds left.
create function aviary.end_lease(partitions smallint[], versions bigint[], left_ms integer)
  returns integer
  language sql
  begin atomic
    with ended as (
      update aviary.claim_lease l set expires_at = '-infinity'
        from unnest(partitions, versions) as claimed(partition, version)
        where l.partition = claimed.partition and l.version = claimed.version
          and l.expires_at > clock_timestamp() + left_ms * interval '1 millisecond'
        returning 1)
    select count(*)::integer from ended;
  end;
