export { testDatabase, type DatabaseTemplate, type TestDatabase } from './database.ts';
export { testQueue, type TestQueue } from './queue.ts';
export { freePort, startService, type ServiceProcess } from './service-process.ts';
export { waitUntil } from './wait-until.ts';
