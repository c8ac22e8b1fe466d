import { z } from 'zod';
import { startSqs } from './start-sqs.ts';

const variables = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Address to listen on. */
  HOST: z.string().default('127.0.0.1'),
});

const environment = variables.safeParse(process.env);
if (!environment.success) {
  console.error(`The SQS stand-in's environment is wrong:\n${z.prettifyError(environment.error)}`);
  process.exit(1);
}

const server = await startSqs({ port: environment.data.PORT, host: environment.data.HOST });
console.log(`sqs: ${server.url}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void server.close().then(() => process.exit(0)));
