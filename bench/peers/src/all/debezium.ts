import { join } from 'node:path';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { StartedProcess } from '../../../src/processes.ts';
import { until } from '../../../src/workbench.ts';
import { debeziumClassPath } from '../debezium-distribution.ts';
import { findJava } from '../java.ts';
import { Restartable, type Peer, type Place } from '../peer.ts';
import { startWorker } from './worker.ts';

const slot = 'debezium';
/** Of a queue, as SQS itself sets it. */
const visibilitySeconds = 30;

export const debezium: Peer = {
  name: 'debezium',
  title: 'Debezium Server',
  async prepare(say) {
    await findJava();
    await debeziumClassPath(say);
  },
  async assemble(place) {
    const { system, aim } = place;
    const sqsUrl = system.environment.AWS_ENDPOINT_URL_SQS ?? '';
    const client = new SQSClient({ region: 'us-east-1', endpoint: sqsUrl });
    const queueUrl = await createQueue(client, aim);
    const front = system.processes.start({
      name: 'sqs-query-front',
      script: 'bench/peers/workers/sqs-query-front.ts',
      environment: { SQS_URL: sqsUrl },
    });
    const endpoint = await front.line();
    return {
      reader: new Restartable(() => startServer(place, { endpoint, queueUrl })),
      writer: new Restartable(() =>
        startWorker(system, 'event-consumer', {
          QUEUE_URL: queueUrl,
          RECEIVERS: aim === 'rate' ? '8' : '1',
        }),
      ),
      processes: ['debezium-server', 'event-consumer'],
      queued: () => messagesIn(client, queueUrl),
      recoverySeconds: visibilitySeconds + 30,
    };
  },
};

/** The sink puts all events of a FIFO queue into one group, in the order of the log. */
async function createQueue(client: SQSClient, aim: Place['aim']): Promise<string> {
  const { QueueUrl = '' } = await client.send(
    aim === 'rate'
      ? new CreateQueueCommand({ QueueName: 'changes' })
      : new CreateQueueCommand({
          QueueName: 'changes.fifo',
          Attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true' },
        }),
  );
  return QueueUrl;
}

async function messagesIn(client: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes.ApproximateNumberOfMessages);
}

async function startServer(
  { system, directory }: Place,
  sink: { endpoint: string; queueUrl: string },
): Promise<StartedProcess> {
  const { hostname, port, username, password, pathname } = new URL(system.database.url);
  const settings = {
    'debezium.source.connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'debezium.source.database.hostname': hostname,
    'debezium.source.database.port': port,
    'debezium.source.database.user': username,
    'debezium.source.database.password': password,
    'debezium.source.database.dbname': pathname.slice(1),
    'debezium.source.plugin.name': 'pgoutput',
    'debezium.source.slot.name': slot,
    'debezium.source.publication.autocreate.mode': 'filtered',
    'debezium.source.topic.prefix': 'bench',
    'debezium.source.table.include.list': 'public.products_with_increment',
    'debezium.source.offset.storage.file.filename': join(directory, 'offsets.dat'),
    'debezium.source.decimal.handling.mode': 'double',
    'debezium.source.tombstones.on.delete': 'false',
    // Half a second unless set: for freshness.
    'debezium.source.poll.interval.ms': '10',
    'debezium.format.value.schemas.enable': 'false',
    'debezium.sink.type': 'sqs',
    'debezium.sink.sqs.region': 'us-east-1',
    'debezium.sink.sqs.endpoint': sink.endpoint,
    'debezium.sink.sqs.queue.url': sink.queueUrl,
    // At INFO the sink logs every event.
    'quarkus.log.level': 'WARN',
    'quarkus.banner.enabled': 'false',
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': '0',
  };
  const server = system.processes.start({
    name: 'debezium-server',
    program: await findJava(),
    // Its libraries ask for this on Java 24 and later.
    script: '--add-opens=java.base/java.lang=ALL-UNNAMED',
    arguments: [
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      '-classpath',
      await debeziumClassPath(() => undefined),
      'io.debezium.server.Main',
    ],
    environment: system.environment,
  });
  const isStreaming = async () => {
    const { rows } = await system.database.client.query<{ active: boolean }>(
      'select active from pg_replication_slots where slot_name = $1 and confirmed_flush_lsn is not null',
      [slot],
    );
    return rows[0]?.active === true;
  };
  await until('Debezium Server reads the log', isStreaming, {
    signal: system.signal,
    seconds: 180,
    everyMs: 100,
  });
  return server;
}
