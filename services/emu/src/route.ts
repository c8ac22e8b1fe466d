import type { Embedder } from '@aviary/embedding';
import type { SemanticIndex } from '@aviary/semantic-index';
import type { VectorIndex } from '@aviary/vector-index';
import type { Dependency } from './dependency.ts';

/** Where the jobs of one SemanticIndex go: what embeds its texts and what keeps its records. */
export interface Route {
  readonly spec: SemanticIndex;
  readonly embedder: Embedder;
  readonly embedding: Dependency;
  readonly records: VectorIndex;
  readonly storage: Dependency;
}
