import { freePort } from '@aviary/local/free-port';
import { createQueueClient, provisionQueue, type ProvisionedQueues } from '@aviary/queue';
import type { EmbeddingsStats } from '@aviary/local/embeddings';
import type { BenchDatabase } from './database.ts';
import { Processes, type StartedProcess } from './processes.ts';
import { familyCpuSeconds, usageOf, type Usage } from './process-usage.ts';
import type { IndexCounts, IndexLog } from './stub-index.ts';
import { until, type Workbench } from './workbench.ts';

export interface SystemOptions {
  /** What the stub embedder takes: for a request, and for each of its texts. */
  embedder: { baseMs: number; perTextMs: number };
  /** What the stub index takes for a request. */
  indexMs: number;
  /** The index is the stand-in, which keeps records and can be read, and is not counted. */
  keepsRecords?: true;
  /** Rows that the stub index finds, at random. */
  searchedRows?: number;
  /** Directory for the processes' CPU profiles. */
  profiles?: string;
}

/** The embedder and the index that all but the scaling measurement run against. */
export const usualStubs: SystemOptions = {
  embedder: { baseMs: 30, perTextMs: 0.2 },
  indexMs: 10,
};

export interface Service extends StartedProcess {
  status(): Promise<Record<string, unknown>>;
}

// The SQS stand-in takes any credentials, and the SDK demands some.
const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
Object.assign(process.env, credentials);

/** The system under test and its stand-ins, each a process of its own, against a database of its own. */
export class System {
  readonly database: BenchDatabase;
  /** Ends waiting when the measurement is interrupted or a process is lost. */
  readonly signal: AbortSignal;
  /** What a process needs to reach the queue, the embedder, the index and the database. */
  readonly environment: Record<string, string>;
  readonly processes: Processes;
  readonly #postgresPid: number;
  readonly #urls: { index: string; embeddings: string; counts: string };

  private constructor(
    workbench: Workbench,
    processes: Processes,
    database: BenchDatabase,
    urls: { sqs: string; counts: string; index: string; embeddings: string },
    queues: ProvisionedQueues,
  ) {
    this.database = database;
    this.processes = processes;
    this.signal = AbortSignal.any([workbench.signal, processes.lost]);
    this.#postgresPid = workbench.postgresPid;
    this.#urls = urls;
    this.environment = {
      ...credentials,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_SQS: urls.sqs,
      QUEUE_URL: queues.queueUrl,
      DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
      REFRESH_QUEUE_URL: queues.refreshQueueUrl,
      OPENAI_API_KEY: 'local',
      OPENAI_BASE_URL: `${urls.embeddings}/v1`,
      PINECONE_API_KEY: 'local',
      PINECONE_CONTROLLER_URL: urls.index,
      DATABASE_URL: database.url,
      SPECS: 'bench/products.yaml',
    };
  }

  /** Runs `work` on a new system, and clears that away whatever happens. */
  static async with<T>(
    workbench: Workbench,
    options: SystemOptions,
    work: (system: System) => Promise<T>,
  ): Promise<T> {
    workbench.signal.throwIfAborted();
    const processes = new Processes({
      logs: workbench.logs,
      signal: workbench.signal,
      profiles: options.profiles,
    });
    const database = await workbench.database();
    try {
      const standIn = (name: string, script: string, environment: Record<string, string> = {}) =>
        processes.start({ name, script, environment });
      const sqs = standIn('sqs', 'bench/src/counted-sqs.ts');
      const embeddings = standIn('embedder', 'local/src/embeddings/main.ts', {
        STUB_BASE_MS: String(options.embedder.baseMs),
        STUB_PER_TEXT_MS: String(options.embedder.perTextMs),
        STUB_DIMENSIONS: '384',
      });
      const script =
        options.keepsRecords === true ? 'local/src/pinecone/main.ts' : 'bench/src/stub-index.ts';
      const index = standIn('index', script, {
        LATENCY_MS: String(options.indexMs),
        DIMENSIONS: '384',
        SEARCHED_ROWS: String(options.searchedRows ?? 0),
      });
      const [sqsUrl = '', counts = ''] = (await sqs.line()).split(' ');
      const urls = {
        sqs: sqsUrl,
        counts,
        index: addressIn(await index.line()),
        embeddings: addressIn(await embeddings.line()),
      };
      const client = createQueueClient({ region: 'us-east-1', endpoint: urls.sqs });
      const queues = await provisionQueue(client, 'bench');
      client.destroy();
      const system = new System(workbench, processes, database, urls, queues);
      try {
        return await work(system);
      } catch (error) {
        // A lost process explains what failed because of it.
        processes.lost.throwIfAborted();
        throw error;
      }
    } finally {
      await processes.stop();
      await database.drop();
    }
  }

  startPelican(): Promise<Service> {
    return this.#startService('pelican', 'services/pelican/src/main.ts', {});
  }

  startEmu(number = 1, environment: Record<string, string> = {}): Promise<Service> {
    const name = number === 1 ? 'emu' : `emu-${number}`;
    return this.#startService(name, 'services/emu/src/main.ts', environment);
  }

  /** Without limits per client: all load comes from one. */
  async startFrontend(): Promise<Service & { url: string }> {
    const port = await freePort();
    const service = await this.#startService('frontend', 'services/frontend/server/main.ts', {
      HOST: '127.0.0.1',
      PORT: String(port),
      READS_PER_MINUTE: '0',
    });
    return { ...service, url: `http://127.0.0.1:${port}` };
  }

  async #startService(
    name: string,
    script: string,
    environment: Record<string, string>,
  ): Promise<Service> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const started = this.processes.start({
      name,
      script,
      environment: {
        ...this.environment,
        LOG_LEVEL: 'warn',
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: String(port),
        ...environment,
      },
    });
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(`${name} is ready`, isReady, { signal: this.signal, seconds: 30 });
    return { ...started, status: () => getJson(`${url}/status`) };
  }

  indexCounts(): Promise<IndexCounts> {
    return getJson(`${this.#urls.index}/_counts`);
  }

  indexLog(): Promise<IndexLog> {
    return getJson(`${this.#urls.index}/_log`);
  }

  async forgetIndexLog(): Promise<void> {
    await fetch(`${this.#urls.index}/_log`, { method: 'DELETE' });
  }

  embedderCounts(): Promise<EmbeddingsStats> {
    return getJson(`${this.#urls.embeddings}/stats`);
  }

  /** Requests to SQS by action. */
  sqsCounts(): Promise<Record<string, number>> {
    return getJson(this.#urls.counts);
  }

  /** Resolves when so many different rows have been upserted. */
  async untilIndexed(rows: number): Promise<void> {
    await until(
      `${rows} rows are in the index`,
      async () => (await this.indexCounts()).ids >= rows,
      { signal: this.signal, seconds: 30 + rows / 100, everyMs: 100 },
    );
  }

  /** By the process's name; Postgres has no peak, as its processes share most of their memory. */
  usage(): Map<string, Partial<Usage>> {
    const usages = new Map<string, Partial<Usage>>();
    for (const { name, pid } of this.processes.running) usages.set(name, usageOf(pid) ?? {});
    const postgres = familyCpuSeconds(this.#postgresPid);
    if (postgres !== undefined) usages.set('postgres', { cpuSeconds: postgres });
    return usages;
  }
}

async function getJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

function addressIn(line: string): string {
  const address = /http:\/\/[\w.]+:\d+/.exec(line)?.[0];
  if (address === undefined) throw new Error(`A stand-in printed no address: ${line}`);
  return address;
}
