import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { serviceAccounts } from '../../../packages/platform-outputs/src/service-accounts.ts';
import type { Names } from '../names.ts';
import { policiesOf, policyDocument, trustPods, type Arns, type Identity } from './policies.ts';

/** One role for each service account that has anything to do in AWS, bound to it by Pod Identity. */
export class Identities extends pulumi.ComponentResource {
  constructor(
    names: Names,
    clusterName: pulumi.Output<string>,
    { arns, operator }: { arns: pulumi.Output<Arns>; operator: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Identities', 'identities', {}, options);
    for (const [identity, { namespace, name }] of Object.entries(serviceAccounts)) {
      if (identity === 'operator' && !operator) continue;
      const role = new aws.iam.Role(
        identity,
        { name: names.of(name), assumeRolePolicy: trustPods },
        { parent: this },
      );
      new aws.iam.RolePolicy(
        identity,
        {
          role: role.id,
          policy: arns.apply((all) => policyDocument(policiesOf(all)[identity as Identity])),
        },
        { parent: role },
      );
      new aws.eks.PodIdentityAssociation(
        identity,
        { clusterName, namespace, serviceAccount: name, roleArn: role.arn },
        { parent: role },
      );
    }
    this.registerOutputs();
  }
}
