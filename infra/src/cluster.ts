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
 * EKS in Auto Mode: AWS runs nodes, volumes, load balancers and Pod Identity. Network policies are enforced, and pods'
 * CPU is measured. People come in by access entries alone, and the version never slips into paid extended support.
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
        // Every node of Auto Mode answers for DNS itself.
        corednsAddonOptions: { enabled: false },
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
        // Auto Mode starts nodes in any subnet it is given, and in a public one they would have no way out. Load
        // balancers find theirs by tag.
        subnetIds: network.privateSubnetIds,
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
    // Until this says so, Auto Mode takes network policies and lets everything through.
    new kubernetes.core.v1.ConfigMap(
      'network-policies',
      {
        metadata: {
          name: 'amazon-vpc-cni',
          namespace: 'kube-system',
          annotations: { 'pulumi.com/patchForce': 'true' },
        },
        data: { 'enable-network-policy-controller': 'true' },
      },
      { parent: this, provider },
    );
    // CPU of pods, by which frontends are scaled. Its own pods want nodes, and these a way out.
    new aws.eks.Addon(
      'metrics-server',
      {
        clusterName: this.name,
        addonName: 'metrics-server',
        resolveConflictsOnCreate: 'OVERWRITE',
        resolveConflictsOnUpdate: 'OVERWRITE',
      },
      { parent: this, dependsOn: [network] },
    );
    this.registerOutputs();
  }
}

/** @returns the account that the stack's credentials belong to. */
export function accountOf(provider: aws.Provider): pulumi.Output<string> {
  return aws.getCallerIdentityOutput({}, { provider }).accountId;
}
