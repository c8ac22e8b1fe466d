export { selectorOf } from './constructs/labels.ts';
export type { Platform } from './platform/platform.ts';
export { readSurroundings, type Surroundings } from './surroundings.ts';
export {
  oneTask,
  periodicAudit,
  specConfigMap,
  workers,
  type KubernetesObject,
  type OneTask,
  type WorkerSetProps,
} from './worker-set.ts';
