export {
  decodeJob,
  encodeJob,
  jobFormat,
  orderingOf,
  type ChangeJob,
  type DeleteJob,
  type MetadataValue,
  type UpsertJob,
} from './change-job.ts';
export { contentHash } from './content-hash.ts';
export {
  decodeDeadLetter,
  encodeDeadLetter,
  readDeadLetter,
  type DeadLetter,
} from './dead-letter.ts';
export { encodeKey, keyOfRecordId, recordId } from './record-id.ts';
export {
  decodeRefreshRequest,
  encodeRefreshRequests,
  type RefreshRequest,
} from './refresh-request.ts';
export { managedMetadata, provenanceOf, type Provenance, type StageTimes } from './provenance.ts';
