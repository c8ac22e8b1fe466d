import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from './names.ts';

/**
 * Places for secrets, made empty: a person puts the values in with `make secrets`, so that they never are in Pulumi's
 * state, its outputs or a manifest. External Secrets copies them into the cluster.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly openai: pulumi.Output<string>;
  readonly pinecone: pulumi.Output<string>;
  readonly signIn: pulumi.Output<string> | undefined;

  constructor(
    names: Names,
    { signIn, protectData }: { signIn: boolean; protectData: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Secrets', 'secrets', {}, options);
    const place = (name: string, description: string) =>
      new aws.secretsmanager.Secret(
        name,
        {
          name: names.secret(name),
          description,
          // A name is free again at once where a stack is made and unmade often.
          recoveryWindowInDays: protectData ? 30 : 0,
        },
        { parent: this },
      ).arn;
    this.openai = place('openai', 'API key for embeddings');
    this.pinecone = place('pinecone', 'API key of the index');
    this.signIn = signIn
      ? place('sign-in', "The frontend's OIDC client and cookie key")
      : undefined;
    this.registerOutputs();
  }
}
