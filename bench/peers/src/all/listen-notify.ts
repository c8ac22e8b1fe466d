import type { Peer } from '../peer.ts';
import { assembleWorker } from './worker.ts';

export const listenNotify: Peer = {
  name: 'listen-notify',
  title: 'LISTEN/NOTIFY worker',
  isSequential: true,
  // Nothing is tried again.
  assemble: ({ system }) => assembleWorker(system, 'listen-notify', 8),
};
