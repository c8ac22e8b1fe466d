import 'vitest';

declare module 'vitest' {
  /** What the global setup makes known to each test file. */
  export interface ProvidedContext {
    /** Superuser's address of the database `postgres`. */
    postgresUrl: string;
    /** Endpoint of the SQS stand-in. */
    sqsUrl: string;
  }
}
