import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { serviceAccounts } from '../packages/platform-outputs/src/service-accounts.ts';
import { readValues, thirdPartyCharts } from './third-party.ts';

const charts = thirdPartyCharts();

describe('charts of others', () => {
  it('have a values file each, and no other is there', () => {
    expect(readdirSync(join(import.meta.dirname, 'values')).sort()).toEqual(
      charts.map(({ name }) => `${name}.yaml`).sort(),
    );
  });

  it('run under the service accounts that infra/ gives rights to', () => {
    const { kedaOperator, externalSecrets } = serviceAccounts;
    const byName = Object.fromEntries(charts.map((chart) => [chart.name, chart]));
    expect(byName.keda?.namespace).toBe(kedaOperator.namespace);
    expect(byName['external-secrets']?.namespace).toBe(externalSecrets.namespace);
    const values = Object.fromEntries(charts.map((chart) => [chart.name, readValues(chart)]));
    expect(values).toMatchObject({
      keda: { serviceAccount: { operator: { name: kedaOperator.name } } },
      'external-secrets': { serviceAccount: { name: externalSecrets.name } },
    });
  });

  it('watch the namespaces that the manifests let in', () => {
    const namespaces = Object.fromEntries(charts.map(({ name, namespace }) => [name, namespace]));
    for (const environment of ['kind', 'prod']) {
      const file = join(import.meta.dirname, `../cdk8s/environments/${environment}.yaml`);
      expect(parse(readFileSync(file, 'utf8'))).toMatchObject({
        neighbours: { monitoring: namespaces['kube-prometheus-stack'], keda: namespaces.keda },
      });
    }
  });

  it.for(charts)('$name $version knows every value it is given', (chart, { skip }) => {
    const { name, repository, version } = chart;
    const { status, stdout } = spawnSync(
      'helm',
      ['show', 'values', name, '--repo', repository, '--version', version],
      { encoding: 'utf8', timeout: 20_000 },
    );
    if (status !== 0) {
      console.warn(`THE VALUES OF ${name} WERE NOT CHECKED: helm or ${repository} is not there.`);
      skip();
    }
    expect(unknownKeys(readValues(chart), parse(stdout))).toEqual([]);
  });
});

/** Paths in `given` that `known` has not. What a chart leaves empty takes any key. */
function unknownKeys(given: unknown, known: unknown, path = ''): string[] {
  if (!isMapping(given)) return [];
  if (!isMapping(known) || Object.keys(known).length === 0) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return key in known ? unknownKeys(value, known[key], here) : [here];
  });
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
