export { startPostgres, type LocalPostgres, type PostgresOptions } from './start-postgres.ts';
