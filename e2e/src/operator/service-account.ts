import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { policyRules } from '../../../services/operator/src/kubernetes/rights.ts';
import { kubectl, type Kubectl } from '../cluster/kubectl.ts';

const name = 'operator';

export interface ServiceAccount {
  /** Where the API server is, by the KUBECONFIG of this process. */
  readonly server: URL;
  /** Writes a kubeconfig. @returns its path */
  writeKubeconfig: (server?: URL) => Promise<string>;
}

/** Makes the operator's service account, with the Role that it has in its pod and no other; files go to the directory. */
export async function operatorServiceAccount(
  namespace: string,
  within: Kubectl,
  directory: string,
): Promise<ServiceAccount> {
  await within(['create', '--filename=-'], { input: JSON.stringify(rightsIn(namespace)) });
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, await within(['create', 'token', name, '--duration=1h']));
  const cluster = await whereItIs();
  let count = 0;
  return {
    server: new URL(cluster.server),
    writeKubeconfig: async (server) => {
      // By another address it is known by the name that every API server has.
      const elsewhere = server && {
        server: server.origin,
        'tls-server-name': 'kubernetes.default.svc',
      };
      const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
      const path = join(directory, `kubeconfig-${(count += 1)}`);
      await writeFile(
        path,
        JSON.stringify({
          clusters: [{ name, cluster: { ...cluster, ...elsewhere } }],
          users: [{ name, user }],
          contexts: [{ name, context: { cluster: name, user: name } }],
          'current-context': name,
        }),
      );
      return path;
    },
  };
}

/** The cluster of KUBECONFIG. */
async function whereItIs(): Promise<{ server: string }> {
  const view = ['config', 'view', '--raw', '--minify', '--flatten', '--output=json'];
  const { clusters } = JSON.parse(await kubectl(view)) as {
    clusters: [{ cluster: { server: string } }];
  };
  return clusters[0].cluster;
}

function rightsIn(namespace: string): object {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      { ...rbac, kind: 'Role', rules: policyRules() },
      {
        ...rbac,
        kind: 'RoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    ],
  };
}
