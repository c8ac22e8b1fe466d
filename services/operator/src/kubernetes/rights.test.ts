import { expect, test } from 'vitest';
import { policyRules } from './rights.ts';

test('the Role of the operator names what it does, and nothing else', () => {
  const rights = policyRules().flatMap(({ apiGroups, resources, verbs, resourceNames = ['*'] }) =>
    resources.flatMap((resource) =>
      resourceNames.map(
        (name) => `${[resource, ...apiGroups].join('.')} ${name}: ${verbs.join(' ')}`,
      ),
    ),
  );
  expect(rights).toMatchInlineSnapshot(`
    [
      "semanticindexes.aviary.dev *: list watch patch",
      "semanticindexes/status.aviary.dev *: patch",
      "configmaps. *: list watch create patch delete",
      "services. *: list watch create patch delete",
      "deployments.apps *: list watch create patch delete",
      "cronjobs.batch *: list watch create patch delete",
      "jobs.batch *: list watch create patch delete",
      "poddisruptionbudgets.policy *: list watch create patch delete",
      "scaledobjects.keda.sh *: list watch create patch delete",
      "triggerauthentications.keda.sh *: list watch create patch delete",
      "configmaps. semantic-indexes: get",
      "pods. *: list watch",
      "events. *: create",
      "leases.coordination.k8s.io *: create",
      "leases.coordination.k8s.io aviary-operator: get update",
    ]
  `);
});
