import type { SemanticIndex } from '../../../packages/semantic-index/src/index.ts';
import type { IndexArgs } from './serverless-index.ts';

/**
 * The indexes that specs name: several tables may share one, each in a namespace of its own.
 *
 * @throws Error when two specs want one index in two shapes.
 */
export function indexesOf(
  specs: readonly SemanticIndex[],
): Pick<IndexArgs, 'name' | 'dimension' | 'metric'>[] {
  const shapes = new Map<string, Pick<IndexArgs, 'name' | 'dimension' | 'metric'>>();
  for (const { name: spec, target, embedding } of specs) {
    const shape = {
      name: target.index,
      dimension: embedding.dimensions,
      metric: target.metric,
    };
    const other = shapes.get(shape.name);
    if (
      other !== undefined &&
      (other.dimension !== shape.dimension || other.metric !== shape.metric)
    ) {
      throw new Error(
        `The spec "${spec}" wants the index ${shape.name} with dimension ${shape.dimension} and metric ${shape.metric}, another spec with ${other.dimension} and ${other.metric}: name another index in one of them.`,
      );
    }
    shapes.set(shape.name, shape);
  }
  return [...shapes.values()];
}
