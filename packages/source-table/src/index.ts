export {
  keyOf,
  keyPart,
  keysJoinedToRows,
  keyValue,
  longestText,
  metadataValue,
  textValue,
} from './row-sql.ts';
export {
  inspectSource,
  namedColumns,
  type Column,
  type FoundTable,
  type Read,
  type SourceTable,
} from './source-table.ts';
