import { createHash } from 'node:crypto';
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { OperatorVariables } from '../../../services/operator/src/config.ts';
import { policyRules } from '../../../services/operator/src/kubernetes/rights.ts';
import { Access, type Way } from '../constructs/access.ts';
import { CommonGround } from '../constructs/common-ground.ts';
import { podsInNamespace, podsOf } from '../constructs/labels.ts';
import { AdminService, adminPort } from '../constructs/service.ts';
import { Workload } from '../constructs/workload.ts';
import { configMapFiles } from '../pods/mount.ts';
import { adminProbes } from '../pods/probes.ts';
import type { Variables } from '../pods/variables.ts';
import { writeSurroundings } from '../surroundings.ts';
import { inNamespace, type ChartProps } from './chart-props.ts';
import { emuWays } from './emu.ts';
import { pelicanWays } from './pelican.ts';
import { graceSeconds, serviceVariables } from './service-settings.ts';
import { auditTask, ownersTask } from './tasks.ts';

const name = 'operator';
const directory = '/etc/aviary/surroundings';
const file = 'surroundings.yaml';

/**
 * Makes workers for each SemanticIndex: two pods, one of which leads. With it stands what all of those workers share, so
 * that the operator may make neither service accounts nor ways through the network.
 */
export class OperatorChart extends Chart {
  /** @throws Error when there is no image of the operator. */
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id, inNamespace(props));
    const { environment, platform } = props;
    const { sqs, index, reach, images } = platform;
    if (images.operator === undefined) {
      throw new Error(
        'The environment has operator: true, and there is no image of it: name it under standIns.images.operator, or have infra/ build it (images.operator of the outputs).',
      );
    }
    this.#addCommonGround(props);
    this.#addRights(environment.namespace);
    const surroundings = writeSurroundings(props);
    new k8s.KubeConfigMap(this, 'surroundings', {
      metadata: { name: 'operator-surroundings' },
      data: { [file]: surroundings },
    });
    const variables: Variables<OperatorVariables> = {
      ...serviceVariables,
      ...sqs,
      ...index,
      PINECONE_REGION: platform.indexRegion,
      NAMESPACE: environment.namespace,
      SURROUNDINGS: `${directory}/${file}`,
    };
    new Workload(this, 'operator', {
      name,
      image: images.operator,
      replicas: 2,
      rollout: { surge: 1, unavailable: 0 },
      // Read when it starts.
      annotations: { 'aviary.dev/surroundings': digestOf(surroundings) },
      talksToKubernetes: true,
      variables,
      ports: { admin: adminPort },
      mounts: [configMapFiles('surroundings', directory, { configMap: 'operator-surroundings' })],
      resources: { cpu: { request: '50m', limit: '1' }, memory: '512Mi' },
      probes: adminProbes,
      graceSeconds,
      from: [{ peers: [podsInNamespace(environment.neighbours.monitoring)], ports: [adminPort] }],
      to: [
        apiServer,
        ...reach.queue,
        ...reach.index,
        { peers: [podsOf('pelican')], ports: [adminPort] },
      ],
    });
  }

  #addCommonGround(props: ChartProps): void {
    new CommonGround(this, 'pelican', { name: 'pelican', ...pelicanWays(props) });
    new CommonGround(this, 'emu', { name: 'emu', ...emuWays(props) });
    new CommonGround(this, 'install', { name: 'install', to: ownersTask(props).to });
    // It runs as pelican.
    new Access(this, 'audit', { name: 'audit', to: auditTask(props, { repair: false }).to });
    // The page counts the pods of all sets.
    for (const workload of ['pelican', 'emu']) {
      new AdminService(this, `${workload}-admin`, workload);
    }
  }

  #addRights(namespace: string): void {
    new k8s.KubeRole(this, 'role', { metadata: { name }, rules: policyRules() });
    new k8s.KubeRoleBinding(this, 'role-binding', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
}

/** It has an address of its own in each cluster, behind that of its Service. */
const apiServer: Way = { peers: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [443, 6443] };

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
