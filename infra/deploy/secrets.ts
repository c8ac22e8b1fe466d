import type { Deployment } from './deployment.ts';
import { StepError } from './tools.ts';

interface KeptSecret {
  /** In Secrets Manager. */
  name: string;
  /** What a person gives it by. */
  variables: readonly string[];
}

/** A single variable is kept as its text, several as one JSON document. */
export function apiKeys({ names, settings }: Deployment): KeptSecret[] {
  return [
    { name: names.secret('openai'), variables: ['OPENAI_API_KEY'] },
    { name: names.secret('pinecone'), variables: ['PINECONE_API_KEY'] },
    ...(settings.signIn
      ? [
          {
            name: names.secret('sign-in'),
            variables: ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'SESSION_KEY'],
          },
        ]
      : []),
  ];
}

/** Whether a secret has a value yet. */
export async function hasValue({ tools }: Deployment, name: string): Promise<boolean> {
  const stages = await tools.ask('aws', [
    ...['secretsmanager', 'describe-secret', '--secret-id', name],
    ...['--query', 'VersionIdsToStages', '--output', 'json'],
  ]);
  return stages?.includes('AWSCURRENT') ?? false;
}

/**
 * Puts what the environment has into Secrets Manager, by standard input: it is in no argument, no state and no file.
 *
 * @throws StepError that names every secret without a value.
 */
export async function putSecrets(deployment: Deployment): Promise<void> {
  const { tools, environment } = deployment;
  const missing: string[] = [];
  for (const { name, variables } of apiKeys(deployment)) {
    const given = variables.map((variable) => [variable, environment[variable] ?? ''] as const);
    if (given.every(([, value]) => value !== '')) {
      const [only] = given;
      const input =
        given.length === 1 ? (only?.[1] ?? '') : JSON.stringify(Object.fromEntries(given));
      await tools.read(
        'aws',
        [
          'secretsmanager',
          'put-secret-value',
          '--secret-id',
          name,
          '--secret-string',
          'file:///dev/stdin',
        ],
        { input },
      );
      deployment.say(`${name}: kept`);
    } else if (await hasValue(deployment, name)) {
      deployment.say(`${name}: has a value, which stays`);
    } else {
      missing.push(`  ${name}: set ${variables.join(', ')}`);
    }
  }
  if (missing.length > 0) {
    throw new StepError(`Secrets without a value:\n${missing.join('\n')}`);
  }
}

/**
 * The key that Pulumi makes indexes with: of the environment, or as kept.
 *
 * @throws StepError when it is neither.
 */
export async function pineconeKey(deployment: Deployment): Promise<string> {
  const given = deployment.environment.PINECONE_API_KEY;
  if (given) return given;
  const name = deployment.names.secret('pinecone');
  const kept = await deployment.tools.ask('aws', [
    ...['secretsmanager', 'get-secret-value', '--secret-id', name],
    ...['--query', 'SecretString', '--output', 'text'],
  ]);
  if (kept !== undefined) return kept;
  throw new StepError(
    `PINECONE_API_KEY is not set, and Secrets Manager does not give ${name}: set it for this call, or see what "make preflight" says.`,
  );
}
