import type { Peer } from '../peer.ts';
import { assembleWorker } from './worker.ts';

export const graphileWorker: Peer = {
  name: 'graphile-worker',
  title: 'Graphile Worker',
  // Jobs that a killed worker held come back after four hours, which is not waited for.
  assemble: ({ system }) => assembleWorker(system, 'graphile-worker', 15),
};
