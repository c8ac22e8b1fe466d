import { writeSync } from 'node:fs';
import { onFaultPoint } from '@aviary/runtime';

// Imported into an emu before its main file: freezes it, once, behind the last look at its leases.
let isFrozen = false;
onFaultPoint((point) => {
  if (isFrozen || point !== 'emu.writing') return;
  isFrozen = true;
  writeSync(process.stdout.fd, 'frozen\n');
  process.kill(process.pid, 'SIGSTOP');
});
