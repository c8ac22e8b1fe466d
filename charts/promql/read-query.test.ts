import { describe, expect, it } from 'vitest';
import { readQuery } from './read-query.ts';

describe('readQuery', () => {
  it('finds metrics, matchers and the grouping around them', () => {
    const query =
      'histogram_quantile(0.99, sum by (le, index) (rate(lag_bucket{index=~"a.*", op="upsert"}[5m]))) / on (pod) group_left (node) sum without (job) (info)';
    const pair = ['pod', 'node'];
    expect(readQuery(query)).toEqual([
      {
        metric: 'lag_bucket',
        matchers: [
          { label: 'index', value: undefined },
          { label: 'op', value: 'upsert' },
        ],
        grouping: [...pair, 'le', 'index'],
        made: [],
      },
      { metric: 'info', matchers: [], grouping: [...pair, 'job'], made: [] },
    ]);
  });

  it('knows the labels that are made of others', () => {
    const query = 'label_replace(rate(a[5m]), "set", "$1", "pod", "emu-(.+)") + b';
    expect(readQuery(query).map(({ metric, made }) => [metric, made])).toEqual([
      ['a', ['set']],
      ['b', []],
    ]);
  });

  it('shows where a query is none', () => {
    expect(() => readQuery('sum(rate(a[5m])')).toThrow('No PromQL at');
    expect(() => readQuery('a +')).toThrow('No PromQL at "a +⟂"');
  });
});
