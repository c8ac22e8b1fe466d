export { freePort } from '@aviary/local/free-port';
export { testDatabase, type DatabaseTemplate, type TestDatabase } from './database.ts';
export { testQueue, type TestQueue } from './queue.ts';
export { runAviary, startAviary, type AviaryEnd, type AviaryRun } from './run-aviary.ts';
export { startService, type ServiceProcess } from './service-process.ts';
export { waitUntil } from './wait-until.ts';
