import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyRules } from '../../../services/operator/src/kubernetes/rights.ts';
import { kubectl } from '../cluster/kubectl.ts';

const namespace = `aviary-rights-${Date.now()}`;
const name = 'operator';

/** What is asked of the API server's authorizer. */
interface Deed {
  verb: string;
  group?: string | undefined;
  resource: string;
  subresource?: string | undefined;
  name?: string | undefined;
}

/** Which of these the operator's service account may do. */
async function allowedOf(deeds: readonly Deed[], where = namespace): Promise<Deed[]> {
  const items = deeds.map((deed) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${namespace}:${name}`,
      resourceAttributes: { namespace: where, ...deed },
    },
  }));
  const answers = await kubectl(
    ['create', '--filename=-', '--output=jsonpath={.status.allowed}{" "}'],
    { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) },
  );
  const allowed = answers.trim().split(' ');
  expect(allowed).toHaveLength(deeds.length);
  return deeds.filter((_, position) => allowed[position] === 'true');
}

beforeAll(async () => {
  await kubectl(['create', 'namespace', namespace]);
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name };
  const items = [
    { apiVersion, kind: 'Role', metadata, rules: policyRules() },
    {
      ...{ apiVersion, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
  await kubectl([`--namespace=${namespace}`, 'create', '--filename=-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  });
});

afterAll(() => kubectl(['delete', 'namespace', namespace, '--wait=false']));

const granted = policyRules().flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
  resources.flatMap((path) => {
    const [resource = '', subresource] = path.split('/');
    const of = { group: apiGroups[0], resource, subresource, name: resourceNames?.[0] };
    return verbs.map((verb): Deed => ({ verb, ...of }));
  }),
);

test('the Role grants what it says, in its own namespace only', async () => {
  // The authorizer hears of a new Role after a moment.
  const wait = { timeout: 60_000, interval: 500 };
  await expect.poll(() => allowedOf(granted), wait).toEqual(granted);
  expect(await allowedOf(granted, 'default')).toEqual([]);
});

const rbac = 'rbac.authorization.k8s.io';
const refused: Deed[] = [
  { verb: 'get', resource: 'secrets' },
  { verb: 'list', resource: 'secrets' },
  { verb: 'get', resource: 'configmaps', name: 'database-authorities' },
  { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', name: 'another' },
  { verb: 'create', resource: 'pods' },
  { verb: 'delete', resource: 'pods' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
  { verb: 'create', resource: 'serviceaccounts' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token' },
  { verb: 'create', group: 'networking.k8s.io', resource: 'networkpolicies' },
  { verb: 'delete', group: 'aviary.dev', resource: 'semanticindexes' },
  { verb: 'deletecollection', group: 'apps', resource: 'deployments' },
  { verb: 'create', group: rbac, resource: 'roles' },
  { verb: 'escalate', group: rbac, resource: 'roles' },
];

test('the Role grants nothing beyond it', async () => {
  expect(await allowedOf(refused)).toEqual([]);
});
