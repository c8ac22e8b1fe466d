-- Who alone may publish a source's changes of a partition, and until when. A row's lock would end with its connection, and
-- what the claimant is sending does not: it may be frozen, or know nothing of the break yet. So the right to publish
-- is on record, committed before the first message is sent, and holds no lock on anything meanwhile.
create table aviary.claim_lease (
  source_id integer references aviary.source on delete cascade,
  partition smallint,
  -- Of the last claim.
  owner uuid,
  -- '-infinity' once the claim has ended and nothing of it can still be on its way.
  expires_at timestamptz not null default '-infinity',
  primary key (source_id, partition)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- A source's leases come and go with it.
create function aviary.add_leases() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  insert into aviary.claim_lease (source_id, partition) select new.id, generate_series(0, 63);
  return null;
end
$$;

create trigger add_leases after insert on aviary.source for each row execute function aviary.add_leases();

-- A change in a claimant's hands. A key's versions grow from claim to claim, which its seqs need not: a long
-- transaction commits a low one after a higher one was published.
create type aviary.claimed_change as (
  -- Where it lies in the table: outbox rows are never updated.
  place tid,
  seq bigint,
  source_id integer,
  keys text[],
  text_is_new boolean,
  captured_at timestamptz,
  version bigint,
  -- When the right to publish it ends, in milliseconds since the epoch.
  lease_ends double precision
);

-- Takes partitions that have changes of these sources, for so many milliseconds, and returns their oldest changes,
-- about max_keys in all. A source's partition that another claimant takes now, or may still publish from, is passed
-- over, so a key is never in two hands. Starts anywhere, so that no partition and no source starves. Looks at changes
-- from seq `since` on only.
create function aviary.claim(
  claimant uuid, sources integer[], max_keys integer, since bigint, lease_ms integer
)
  returns setof aviary.claimed_change
  language plpgsql
  -- The table is a queue, so statistics mislead: only a walk along the index stops early and skips the dead.
  set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  ends constant timestamptz := clock_timestamp() + lease_ms * interval '1 millisecond';
  places constant integer := 64 * cardinality(sources);
  start_at constant integer := floor(random() * places);
  candidate record;
  change aviary.claimed_change;
  claim_version bigint;
  taken integer := 0;
  taken_before integer;
begin
  for candidate in
    select s.source_id, p as partition
    from unnest(sources) with ordinality s(source_id, at), generate_series(0, 63) p, lateral (
      select from aviary.outbox o
      where o.source_id = s.source_id and o.partition = p and o.seq >= since limit 1
    ) busy
    order by (p * cardinality(sources) + s.at - 1 - start_at + places) % places
  loop
    perform from aviary.claim_lease l
      where l.source_id = candidate.source_id and l.partition = candidate.partition
        and l.expires_at <= clock_timestamp()
      for update skip locked;
    continue when not found;
    -- Drawn under the lock: who takes the partition next, draws a higher one.
    claim_version := nextval('aviary.outbox_seq_seq');
    taken_before := taken;
    for change in
      select o.ctid, o.seq, o.source_id, o.keys, o.text_is_new, o.captured_at, claim_version,
             extract(epoch from ends) * 1000
      from aviary.outbox o
      where o.source_id = candidate.source_id and o.partition = candidate.partition and o.seq >= since
      order by o.seq
      limit max_keys
    loop
      return next change;
      taken := taken + cardinality(change.keys);
      exit when taken >= max_keys;
    end loop;
    if taken > taken_before then
      update aviary.claim_lease l set owner = claimant, expires_at = ends
        where l.source_id = candidate.source_id and l.partition = candidate.partition;
    end if;
    exit when taken >= max_keys;
  end loop;
end
$$;

-- Removes from the outbox what was claimed, once all of it is published, and ends the lease. False, and nothing
-- done, when less than so many milliseconds of it are left: a message may have come too late.
create function aviary.finish_claim(
  claimant uuid, sources integer[], left_ms integer, places tid[], seqs bigint[]
)
  returns boolean
  language plpgsql
  -- By place: no plan can go wrong.
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  removed integer;
begin
  -- A crash that undoes this repeats a batch: no reason to wait for the disk.
  perform set_config('synchronous_commit', 'off', true);
  update aviary.claim_lease l set expires_at = '-infinity'
    where l.source_id = any (sources) and l.owner = claimant
      and l.expires_at > clock_timestamp() + left_ms * interval '1 millisecond';
  if not found then
    return false;
  end if;
  delete from aviary.outbox o using unnest(places, seqs) as claimed(place, seq)
    where o.ctid = claimed.place and o.seq = claimed.seq;
  get diagnostics removed = row_count;
  if removed < cardinality(places) then
    raise exception 'changes that were claimed have been moved or removed in the outbox'
      using errcode = 'serialization_failure';
  end if;
  return true;
end
$$;

-- Ends a lease at once, when nothing of the claim is on its way.
create function aviary.release_claim(claimant uuid, sources integer[]) returns void
  language sql
  begin atomic
    update aviary.claim_lease l set expires_at = '-infinity'
      where l.source_id = any (sources) and l.owner = claimant;
  end;
