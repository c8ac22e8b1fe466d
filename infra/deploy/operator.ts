import { kubeconfig } from './cluster-access.ts';
import type { Deployment } from './deployment.ts';
import { StepError } from './tools.ts';

/*
 * Who makes workers: the manifests, or an operator. Both would read the same tables' changes, so one takes the place of
 * the other; SemanticIndexes go while there is an operator to let them go, with its rights.
 */

const definition = 'customresourcedefinition/semanticindexes.aviary.dev';

/** What only fixed workers have. Their disruption budgets would count an operator's pods too, and none could be evicted. */
export const fixedWorkers = [
  ...['deployment/pelican', 'deployment/emu', 'scaledobject/emu', 'triggerauthentication/emu'],
  ...['poddisruptionbudget/pelican', 'poddisruptionbudget/emu', 'cronjob/audit', 'job/install'],
];

/** What only an operator has: of its own, and the definition, without which nobody asks in vain for a SemanticIndex. */
export const operatorsOwn = [
  ...['deployment/operator', 'poddisruptionbudget/operator', 'podmonitor/operator'],
  ...['networkpolicy/operator', 'rolebinding/operator', 'role/operator', 'serviceaccount/operator'],
  ...['configmap/operator-surroundings', 'lease/aviary-operator'],
];

/** Takes away what the manifests have no more: workers of the one kind, or the operator. */
export async function takeItsPlace(deployment: Deployment, wanted: 'fixed' | 'operator') {
  const { tools } = deployment;
  const gone = async (...objects: string[]) =>
    tools.run(
      'kubectl',
      deployment.inNamespace('delete', ...objects, '--ignore-not-found', '--wait'),
    );
  if (wanted === 'operator') return gone(...fixedWorkers);
  if (!(await knowsSemanticIndexes(deployment))) return;
  await gone(...operatorsOwn);
  await gone(definition);
}

/**
 * Before Pulumi takes away an operator's image and rights.
 *
 * @throws StepError while it has SemanticIndexes.
 */
export async function letOperatorGo(deployment: Deployment): Promise<void> {
  if (deployment.settings.operator) return;
  const made = await deployment.tools.ask(
    'pulumi',
    deployment.pulumi('stack', 'output', 'platform', '--json'),
  );
  if (!made) return;
  const { images } = JSON.parse(made) as { images?: { operator?: string } };
  if (images?.operator === undefined) return;
  await kubeconfig(deployment);
  await refuseOrphans(deployment);
}

/** @throws StepError while there are SemanticIndexes, which only an operator lets go. */
export async function refuseOrphans(deployment: Deployment): Promise<void> {
  if (!(await knowsSemanticIndexes(deployment))) return;
  const names = await deployment.tools.read('kubectl', [
    ...['get', 'semanticindexes', '--all-namespaces', '--output=name'],
  ]);
  if (names === '') return;
  throw new StepError(
    `Without an operator nobody would serve these, nor let them go: ${names.split('\n').join(', ')}. ` +
      'Delete them while it is there, as docs/operator.md says under "Back to fixed workers", or keep it by operator: true.',
  );
}

/** Whether there is, or was, an operator in the cluster. */
export async function knowsSemanticIndexes({ tools }: Deployment): Promise<boolean> {
  const found = await tools.read('kubectl', [
    ...['get', definition, '--ignore-not-found', '--output=name'],
  ]);
  return found !== '';
}
