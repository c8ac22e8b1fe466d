import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformOutputs } from '../../packages/platform-outputs/src/index.ts';
import type { Deployment } from './deployment.ts';
import { StepError } from './tools.ts';

const psqlImage = 'public.ecr.aws/docker/library/postgres:17-alpine';

/**
 * What the pod runs. Its input is a password, a token and then SQL: whichever of the two lets the user in is taken,
 * since RDS refuses passwords to whoever has anything to do with the role rds_iam.
 */
export const psqlScript = [
  'printf "%s\\n" "$AUTHORITIES" > "$PGSSLROOTCERT"',
  'IFS= read -r password',
  'IFS= read -r token',
  'for PGPASSWORD in "$password" "$token"; do',
  '  export PGPASSWORD',
  '  psql -c "" < /dev/null > /dev/null 2>&1 && break',
  'done',
  'exec psql --quiet --set ON_ERROR_STOP=1 --file -',
].join('\n');

/**
 * The authorities of the region's database certificates, as AWS publishes them.
 *
 * @returns PEM
 * @throws StepError when what came is no such thing.
 */
export async function authorities({ tools, settings, root }: Deployment): Promise<string> {
  const { region } = settings;
  const file = join(root, `.aviary/database-authorities-${region}.pem`);
  if (!existsSync(file)) {
    const address = `https://truststore.pki.rds.amazonaws.com/${region}/${region}-bundle.pem`;
    await tools.read('curl', ['--fail', '--silent', '--show-error', '--output', file, address]);
  }
  const pem = readFileSync(file, 'utf8').trim();
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new StepError(`${file} has no certificate: delete it, and run this again.`, { cause });
  }
  return pem;
}

/**
 * Makes the users that services and the owner log in as by IAM token, and the roles that `aviary install` gives rights
 * to: harmless when they are there.
 */
export function usersSql({ name, users }: PlatformOutputs['database']): string {
  const role = (role: string, login: 'login' | 'nologin') =>
    `do $$ begin if not exists (select from pg_roles where rolname = '${role}') then create role ${role} ${login}; end if; end $$;`;
  return [
    ...Object.values(users).map((user) => role(user, 'login')),
    role('aviary_pelican', 'nologin'),
    role('aviary_frontend', 'nologin'),
    ...Object.values(users).map((user) => `grant rds_iam to ${user};`),
    `grant aviary_pelican to ${users.pelican};`,
    `grant aviary_frontend to ${users.frontend};`,
    `grant create, connect on database ${name} to ${users.owner};`,
    `grant usage, create on schema public to ${users.owner};`,
    `grant usage on schema public to ${users.frontend};`,
    '',
  ].join('\n');
}

/** Makes the database's users, as its master. */
export async function databaseUsers(deployment: Deployment): Promise<void> {
  const { database } = deployment.outputs();
  const { masterUser, masterSecretArn } = await deployment.operations();
  await psql(
    deployment,
    masterUser,
    await masterPassword(deployment, masterSecretArn),
    usersSql(database),
  );
}

/** Runs a file of SQL as the owner of the tables, who logs in by a token of whoever deploys. */
export async function runSql(deployment: Deployment): Promise<void> {
  const file = deployment.environment.FILE;
  if (!file) throw new StepError('Name the file: make sql FILE=tables.sql');
  const { users } = deployment.outputs().database;
  await psql(deployment, users.owner, '', readFileSync(join(deployment.root, file), 'utf8'));
}

async function masterPassword(deployment: Deployment, secretArn: string): Promise<string> {
  const { tools } = deployment;
  if (secretArn === '') {
    return tools.read('pulumi', deployment.pulumi('config', 'get', 'databasePassword'));
  }
  const kept = await tools.read('aws', [
    ...['secretsmanager', 'get-secret-value', '--secret-id', secretArn],
    ...['--query', 'SecretString', '--output', 'text'],
  ]);
  return (JSON.parse(kept) as { password: string }).password;
}

/** The database is reached from the cluster alone: so psql runs there, in a pod that is gone afterwards. */
async function psql(
  deployment: Deployment,
  user: string,
  password: string,
  sql: string,
): Promise<void> {
  const { tools } = deployment;
  const { host, port, name } = deployment.outputs().database;
  const token = await tools.read('aws', [
    ...['rds', 'generate-db-auth-token', '--hostname', host, '--port', String(port)],
    ...['--username', user],
  ]);
  const variables = {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: name,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/tmp/authorities.pem',
    AUTHORITIES: await authorities(deployment),
  };
  await tools.run(
    'kubectl',
    [
      ...['run', `aviary-psql-${process.pid}`, '--namespace', 'default', '--image', psqlImage],
      ...['--restart', 'Never', '--rm', '--stdin', '--quiet', '--pod-running-timeout', '5m'],
      ...Object.entries(variables).flatMap(([variable, value]) => [
        '--env',
        `${variable}=${value}`,
      ]),
      ...['--command', '--', 'sh', '-c', psqlScript],
    ],
    { input: `${password}\n${token}\n${sql}` },
  );
}
