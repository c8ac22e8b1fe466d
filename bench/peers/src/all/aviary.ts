import type { Service } from '../../../src/system.ts';
import { Restartable, type Peer } from '../peer.ts';

export const aviary: Peer = {
  name: 'aviary',
  title: 'Aviary',
  assemble({ system }) {
    let pelican: Service | undefined;
    return Promise.resolve({
      reader: new Restartable(async () => (pelican = await system.startPelican())),
      writer: new Restartable(() => system.startEmu()),
      processes: ['pelican', 'emu'],
      queued: async () => Number((await pelican?.status())?.published ?? 0),
      // The visibility timeout of its queue is 60 s.
      recoverySeconds: 75,
    });
  },
};
