-- Makes the roles that people give to the users their services log in as, unless they are there, and gives each
-- what its service needs in schema aviary. Returns what could not be done, and the remedy.
--
-- Roles are the whole cluster's: another database may have made them, or be making them now.
create or replace function aviary.grant_rights() returns setof text
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  wanted text;
begin
  foreach wanted in array array['aviary_pelican', 'aviary_frontend'] loop
    continue when exists (select from pg_roles where rolname = wanted);
    begin
      execute format('create role %I nologin', wanted);
    exception
      when duplicate_object or unique_violation then null;
      when insufficient_privilege then
        return next format(
          'there is no role %1$I and %2$I may not create it: have one who may run "create role %1$I nologin", then run "aviary install" again',
          wanted, current_user);
    end;
  end loop;

  revoke execute on all functions in schema aviary from public;

  if exists (select from pg_roles where rolname = 'aviary_pelican') then
    grant usage on schema aviary to aviary_pelican;
    grant select (name) on aviary.migration to aviary_pelican;
    grant select on aviary.source to aviary_pelican;
    grant select, insert (partition, source_id, keys), delete on aviary.outbox to aviary_pelican;
    grant usage, select on sequence aviary.outbox_seq_seq to aviary_pelican;
    grant select, update (owner, expires_at) on aviary.claim_lease to aviary_pelican;
    grant select, insert (source_id, rows_per_second),
      update (requested_at, last_key, processed, total, walked_at, finished_at, rows_per_second, next_step_at)
      on aviary.backfill to aviary_pelican;
    grant select, insert (source_id),
      update (next_start_at, started_at, finished_at, decided_at, seconds, row_count, record_count, missing, stale,
        orphaned, mended, undecided, foreign_ids, unindexable)
      on aviary.audit to aviary_pelican;
    grant execute on function
      aviary.partition_of(text), aviary.enqueue(integer, text[]), aviary.claim(uuid, integer[], integer, bigint, integer),
      aviary.finish_claim(uuid, integer[], integer, tid[], bigint[]), aviary.release_claim(uuid, integer[]),
      aviary.has_changes(integer[], bigint), aviary.first_change(integer[]),
      aviary.holds_more_keys(integer, integer[], bigint),
      aviary.request_backfill(integer, integer)
      to aviary_pelican;
  end if;

  if exists (select from pg_roles where rolname = 'aviary_frontend') then
    grant usage on schema aviary to aviary_frontend;
    grant select on aviary.backlog, aviary.backfill_progress, aviary.audit_result to aviary_frontend;
    grant execute on function aviary.awaits_queueing(text, text[], timestamptz[]) to aviary_frontend;
  end if;
end
$$;

do $$
declare
  missing text;
begin
  for missing in select * from aviary.grant_rights() loop
    raise warning '%', missing;
  end loop;
end
$$;
