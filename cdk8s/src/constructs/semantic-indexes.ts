import { createHash } from 'node:crypto';
import type { SemanticIndex } from '@aviary/semantic-index';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { configMapFiles, type Mount } from '../pods/mount.ts';

/** What the page searches: all of them. */
const all = 'semantic-indexes';

/** Where pods find the specs. */
export const specsDirectory = '/etc/aviary/specs';

const configMapOf = (set?: string) => (set === undefined ? all : `semantic-index-${set}`);

/** Of all specs, or of a set of workers' own. */
export const specsMount = (set?: string): Mount =>
  configMapFiles(all, specsDirectory, { configMap: configMapOf(set) });

/** Of the specs that an operator keeps, which pods need not wait for. */
export const keptSpecsMount: Mount = configMapFiles(all, specsDirectory, { optional: true });

/** The specs as files, one a key. */
export class SemanticIndexes extends Construct {
  constructor(scope: Construct, id: string, indexes: readonly SemanticIndex[], set?: string) {
    super(scope, id);
    new k8s.KubeConfigMap(this, 'config-map', {
      metadata: { name: configMapOf(set) },
      data: filesOf(indexes),
    });
  }
}

/** For pods' annotations: services read specs when they start, so other specs mean other pods. */
export function specsDigest(indexes: readonly SemanticIndex[]): Record<string, string> {
  const digest = createHash('sha256')
    .update(JSON.stringify(filesOf(indexes)))
    .digest('hex');
  return { 'aviary.dev/specs': digest.slice(0, 16) };
}

function filesOf(indexes: readonly SemanticIndex[]): Record<string, string> {
  const byName = [...indexes].sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    byName.map(({ name: index, ...spec }) => [
      `${index}.yaml`,
      stringify({
        apiVersion: 'aviary.dev/v1alpha1',
        kind: 'SemanticIndex',
        metadata: { name: index },
        spec,
      }),
    ]),
  );
}
