import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { DatabaseUser } from './platform.ts';

const password = 'local';
const users: readonly DatabaseUser[] = ['owner', 'pelican', 'frontend'];

/**
 * The users and roles that a database's administrator makes before anything is installed: the owner may then neither
 * make roles nor needs to.
 */
const init = [
  'create role aviary_pelican nologin;',
  'create role aviary_frontend nologin;',
  ...users.map((user) => `create role ${user} login password '${password}';`),
  'grant aviary_pelican to pelican;',
  'grant aviary_frontend to frontend;',
  'create database aviary owner owner;',
  '\\connect aviary',
  'alter default privileges for role owner in schema public',
  '  grant select, insert, update, delete on tables to frontend;',
  '',
].join('\n');

/** Secrets for stand-ins, which take any key: dummies that may stand in a file. */
export function addLocalSecrets(scope: Construct, address: string): void {
  const urls = users.map((user): [string, string] => [
    `${user}-url`,
    `postgres://${user}:${password}@${address}/aviary`,
  ]);
  const secrets: Record<string, Record<string, string>> = {
    'aviary-aws': { 'access-key-id': 'local', 'secret-access-key': 'local' },
    'aviary-database': { ...Object.fromEntries(urls), 'postgres-password': password },
    'aviary-embedding': { OPENAI_API_KEY: 'local' },
    'aviary-index': { PINECONE_API_KEY: 'local' },
    'postgres-init': { 'init.sql': init },
  };
  for (const [name, stringData] of Object.entries(secrets)) {
    new k8s.KubeSecret(scope, name, { metadata: { name }, stringData });
  }
}
