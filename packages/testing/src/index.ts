export { freePort } from '@aviary/local/free-port';
export { testDatabase, type DatabaseTemplate, type TestDatabase } from './database.ts';
export { testQueue, type TestQueue } from './queue.ts';
export { startService, type ServiceProcess } from './service-process.ts';
export { waitUntil } from './wait-until.ts';
