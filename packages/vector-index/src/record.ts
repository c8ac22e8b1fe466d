export type MetadataValue = string | number | boolean | string[];
export type Metadata = Record<string, MetadataValue>;

/** A vector under an id, with what to filter and show it by. Values are kept as 32-bit floats. */
export interface VectorRecord {
  id: string;
  values: number[] | Float32Array;
  metadata: Metadata;
}
