import type { PlatformOutputs } from '@aviary/platform-outputs';
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';

const store = 'secrets-manager';

/** Has the External Secrets Operator copy secrets out of AWS Secrets Manager: none is written here. */
export function addExternalSecrets(scope: Construct, { region, secrets }: PlatformOutputs): void {
  const add = (kind: string, name: string, spec: unknown) =>
    new ApiObject(scope, name, {
      apiVersion: 'external-secrets.io/v1',
      kind,
      metadata: { name },
      spec,
    });
  // No credentials named: the operator's own identity reads.
  add('SecretStore', store, { provider: { aws: { service: 'SecretsManager', region } } });
  const secret = (name: string, from: Record<string, unknown>) =>
    add('ExternalSecret', name, {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'SecretStore', name: store },
      target: { name, creationPolicy: 'Owner' },
      ...from,
    });
  const text = (secretKey: string, key: string) => ({
    data: [{ secretKey, remoteRef: { key } }],
  });
  secret('aviary-embedding', text('OPENAI_API_KEY', secrets.openai));
  secret('aviary-index', text('PINECONE_API_KEY', secrets.pinecone));
  if (secrets.signIn !== undefined) {
    secret('aviary-sign-in', { dataFrom: [{ extract: { key: secrets.signIn } }] });
  }
}
