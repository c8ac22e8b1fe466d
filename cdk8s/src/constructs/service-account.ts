import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/** Who pods are: to AWS by a binding of infra/, to Kubernetes' API nobody. */
export class ServiceAccount extends Construct {
  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    new k8s.KubeServiceAccount(this, 'service-account', {
      metadata: { name },
      automountServiceAccountToken: false,
    });
  }
}
