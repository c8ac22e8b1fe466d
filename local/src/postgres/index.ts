export { removePostgres } from './remove-postgres.ts';
export { startPostgres, type LocalPostgres, type PostgresOptions } from './start-postgres.ts';
export { startReplica, type ReplicaOptions } from './start-replica.ts';
