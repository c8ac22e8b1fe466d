/**
 * Preloaded into a service: `node --import`. Sends the process a signal of its own when it passes a fault point for
 * the n-th time, as its environment says.
 */
import { existsSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { onFaultPoint } from '@aviary/runtime';
import { armingVariable, calmFileVariable, strikePrefix, type Arming } from './fault-points.ts';

const armed = process.env[armingVariable] ?? '';
const calmFile = process.env[calmFileVariable] ?? '';

// No process outlives the storm's.
process.stdin.resume().on('end', () => process.exit(1));
(process.stdin as Socket).unref();

if (armed !== '') {
  const { point, signal, nth } = JSON.parse(armed) as Arming;
  let passings = 0;
  onFaultPoint((passed) => {
    if (passed !== point) return;
    passings += 1;
    if (passings !== nth || existsSync(calmFile)) return;
    // Synchronously: nothing more is written once the signal is sent.
    writeSync(2, `${strikePrefix}${point} ${signal}\n`);
    process.kill(process.pid, signal);
  });
}
