export type { IndexShape } from './ensure-index.ts';
export { UnansweredError } from './failures.ts';
export { packBySize } from './pack-by-size.ts';
export type { Metadata, MetadataValue, VectorRecord } from './record.ts';
export {
  VectorIndex,
  type IdPage,
  type Match,
  type VectorIndexOptions,
  type VectorQuery,
} from './vector-index.ts';
