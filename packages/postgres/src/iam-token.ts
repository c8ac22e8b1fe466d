import { Signer } from '@aws-sdk/rds-signer';
import { PermanentError } from '@aviary/runtime';
import type pg from 'pg';

/**
 * How the driver logs in as an IAM user: with a token of its own for each connection, signed here and good for 15
 * minutes of logging in, so that nothing is kept that could be lost, and a session outlives its token. The credentials
 * are those of the SDK's own chain (environment, profile, pod identity).
 *
 * @param address postgres://user@host:port/database
 * @throws PermanentError when the address has a password too, or no user to sign for.
 */
export function iamLogin(address: string, region: string): pg.PoolConfig {
  const { hostname, port, username, password, pathname } = new URL(address);
  if (username === '' || password !== '') {
    throw new PermanentError(
      "The database's users log in by IAM token: write its address as postgres://user@host:port/database, with a user and without a password.",
    );
  }
  const login = {
    host: hostname,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
  };
  const signer = new Signer({
    region,
    hostname: login.host,
    port: login.port,
    username: login.user,
  });
  return {
    ...login,
    database: decodeURIComponent(pathname.slice(1)),
    password: () => signer.getAuthToken(),
  };
}
