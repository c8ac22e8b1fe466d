import * as aws from '@pulumi/aws';
import * as eks from '@pulumi/eks';
import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from './encryption-key.ts';
import type { Names } from './names.ts';
import type { Network } from './network/network.ts';
import type { Settings } from './settings.ts';

const administrator = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

/**
 * EKS in Auto Mode: AWS runs nodes, volumes, load balancers and Pod Identity. People come in by access entries alone,
 * and the version never slips into paid extended support.
 */
export class Cluster extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  /** Of the pods, too: in Auto Mode they share the nodes' group. */
  readonly securityGroupId: pulumi.Output<string>;

  constructor(
    names: Names,
    settings: Settings,
    { network, key }: { network: Network; key: EncryptionKey },
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Cluster', 'cluster', {}, options);
    const cluster = new eks.Cluster(
      'cluster',
      {
        name: names.stack,
        version: settings.kubernetesVersion,
        autoMode: { enabled: true },
        authenticationMode: eks.AuthenticationMode.Api,
        accessEntries: Object.fromEntries(
          settings.administrators.map((principalArn) => [
            principalArn,
            {
              principalArn,
              accessPolicies: {
                administrator: { policyArn: administrator, accessScope: { type: 'cluster' } },
              },
            },
          ]),
        ),
        upgradePolicy: { supportType: 'STANDARD' },
        vpcId: network.vpcId,
        publicSubnetIds: network.publicSubnetIds,
        privateSubnetIds: network.privateSubnetIds,
        endpointPrivateAccess: true,
        endpointPublicAccess: true,
        publicAccessCidrs: [...settings.apiAllowedCidrs],
        encryptionConfigKeyArn: key.arn,
        enabledClusterLogTypes: ['api', 'audit', 'authenticator'],
        deletionProtection: settings.protectData,
        tags: names.tags,
      },
      { parent: this },
    );
    this.name = cluster.eksCluster.name;
    this.securityGroupId = cluster.eksCluster.vpcConfig.clusterSecurityGroupId;

    const provider = new kubernetes.Provider(
      'kubernetes',
      { kubeconfig: cluster.kubeconfigJson, enableServerSideApply: true },
      { parent: this },
    );
    new kubernetes.storage.v1.StorageClass(
      'gp3',
      {
        metadata: {
          name: 'gp3',
          annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
        },
        provisioner: 'ebs.csi.eks.amazonaws.com',
        parameters: { type: 'gp3', encrypted: 'true' },
        volumeBindingMode: 'WaitForFirstConsumer',
        allowVolumeExpansion: true,
        reclaimPolicy: 'Delete',
      },
      { parent: this, provider },
    );
    this.registerOutputs();
  }
}

/** @returns the account that the stack's credentials belong to. */
export function accountOf(provider: aws.Provider): pulumi.Output<string> {
  return aws.getCallerIdentityOutput({}, { provider }).accountId;
}
