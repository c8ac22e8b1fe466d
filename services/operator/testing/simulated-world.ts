import type { KubernetesObject, Surroundings } from '@aviary/cdk8s';
import type { SemanticIndex, SemanticIndexSpec, SemanticIndexStatus } from '@aviary/semantic-index';
import { decide } from '../src/decide.ts';
import type { Act, Decision, Event } from '../src/decision.ts';
import { marks, readGeneration } from '../src/desired.ts';
import { digestOf, type Generation } from '../src/generation.ts';
import type {
  EndedAudit,
  Failure,
  Known,
  Observed,
  ObservedGeneration,
  ObservedJob,
  ReadersEntry,
  Task,
} from '../src/observed.ts';

export type Server = 'postgres' | 'sqs' | 'pinecone';

interface Job extends ObservedJob {
  readonly set: string;
  /** What its pod has read when it started. */
  readonly spec: SemanticIndex;
  readonly startedAt: number;
}

interface Source {
  readonly content: string;
  walked: boolean;
}

/** How long a Job runs, and a table is read, in milliseconds. */
const workMs = 20_000;

/**
 * A cluster, Postgres, SQS and Pinecone as plain data, in which decisions come true and time passes: as much of them
 * as decisions see. It holds every decision against what must never happen.
 */
export class SimulatedWorld {
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly away = new Set<Server>();
  readonly events: Event[] = [];
  readonly statuses: { at: number; status: SemanticIndexStatus }[] = [];
  /** What must not have happened, in words. */
  readonly breaches: string[] = [];
  readers: ReadersEntry | undefined;
  isGone = false;
  /** Of pelican's own. */
  lastAudit: EndedAudit | undefined;
  readonly #surroundings: Surroundings;
  readonly #name: string;
  #spec: SemanticIndexSpec;
  #resourceGeneration = 1;
  #deletingSince: number | undefined;
  #hasFinalizer = false;
  #status: SemanticIndexStatus | undefined;
  #statusWrittenAt: number | undefined;
  #failures: Failure[] = [];
  readonly #objects = new Map<string, KubernetesObject>();
  #jobs: Job[] = [];
  readonly #sources = new Map<string, Source>();
  readonly #queues = new Set<string>();
  readonly #indexes = new Map<string, { dimensions: number; metric: string }>();
  /** By place: of what spec the records are. */
  readonly #records = new Map<string, string>();
  readonly #proven = new Set<string>();
  readonly #walkedSince = new Map<string, number>();

  constructor(surroundings: Surroundings, name: string, spec: SemanticIndexSpec) {
    this.#surroundings = surroundings;
    this.#name = name;
    this.#spec = spec;
  }

  get spec(): SemanticIndexSpec {
    return this.#spec;
  }

  get status(): SemanticIndexStatus | undefined {
    return this.#status;
  }

  /** Places with records, as index/namespace. */
  get places(): string[] {
    return [...this.#records.keys()].sort();
  }

  /** All that stands in the cluster, in Postgres and in SQS. */
  get standing(): { objects: string[]; sources: string[]; queues: string[] } {
    const jobs = this.#jobs.map(({ object }) => `Job/${object.name}`);
    return {
      objects: [...this.#objects.keys(), ...jobs].sort(),
      sources: [...this.#sources.keys()].sort(),
      queues: [...this.#queues].sort(),
    };
  }

  /** Workers with pods. */
  get working(): string[] {
    return [...this.#objects.values()]
      .filter((object) => object.kind === 'Deployment' && this.#podsOf(object) > 0)
      .map(({ metadata }) => metadata.name)
      .sort();
  }

  edit(change: (spec: SemanticIndexSpec) => SemanticIndexSpec): void {
    const changed = change(this.#spec);
    if (digestOf(changed) === digestOf(this.#spec)) return;
    this.#spec = changed;
    this.#resourceGeneration += 1;
  }

  delete(): void {
    this.#deletingSince ??= this.now;
    if (!this.#hasFinalizer) this.isGone = true;
  }

  observe(): Observed {
    return {
      resource: {
        name: this.#name,
        uid: 'uid-1',
        generation: this.#resourceGeneration,
        deletingSince: this.#deletingSince,
        hasFinalizer: this.#hasFinalizer,
        spec: { value: this.#spec },
        status: this.#status,
        statusWrittenAt: this.#statusWrittenAt,
      },
      generations: this.#generations().map((generation) => this.#observeGeneration(generation)),
      readers: this.readers,
      objects: [...this.#objects.values()].map(({ apiVersion, kind, metadata }) => ({
        ...{ apiVersion, kind, name: metadata.name },
        set: metadata.labels?.[marks.set] ?? '',
        digest: metadata.annotations?.[marks.digest],
      })),
      taken: [],
      failures: this.#failures,
    };
  }

  decide(): Decision {
    return decide(this.#surroundings, this.observe(), this.now);
  }

  carryOut(decision: Decision): void {
    this.#failures = [];
    if (decision.finalizer === 'add') this.#hasFinalizer = true;
    for (const object of decision.apply) this.#apply(object);
    if (decision.readers === 'remove') this.readers = undefined;
    else if (decision.readers !== 'keep') this.#tellReaders(decision.readers);
    for (const { kind, name } of decision.delete) {
      this.#objects.delete(`${kind}/${name}`);
      this.#jobs = this.#jobs.map((job) =>
        kind === 'Job' && job.object.name === name ? { ...job, phase: 'ending' } : job,
      );
    }
    for (const act of decision.acts) this.#act(act);
    this.events.push(...decision.events);
    if (decision.status) {
      this.#status = decision.status;
      this.#statusWrittenAt = this.now;
      this.statuses.push({ at: this.now, status: decision.status });
    }
    if (decision.finalizer === 'remove' && this.#failures.length === 0) this.isGone = true;
  }

  /** Lets time pass, and what runs in the cluster get on. */
  pass(ms: number): void {
    this.now += ms;
    this.#jobs = this.#jobs.filter(({ phase }) => phase !== 'ending').map((job) => this.#run(job));
    for (const generation of this.#generations()) this.#work(generation);
  }

  /** Turns and time, until for minutes nothing has changed any more. @returns whether that came to pass */
  settle(turns = 400): boolean {
    let quiet = 0;
    for (let turn = 0; turn < turns && !this.isGone && quiet < 8; turn += 1) {
      const before = this.#fingerprint();
      this.turn();
      const isWaiting =
        this.#deletingSince !== undefined ||
        // Paused and stopped, it keeps what it has until it runs again.
        (this.spec.state === 'Running' &&
          this.#generations().some(({ retiredAt }) => retiredAt !== undefined));
      quiet = !isWaiting && before === this.#fingerprint() ? quiet + 1 : 0;
    }
    return this.isGone || quiet === 8;
  }

  /** One turn of the operator, and the time until its next. */
  turn(): void {
    const decision = this.decide();
    this.carryOut(decision);
    this.pass(Math.max(1_000, decision.requeueAfterMs));
  }

  #fingerprint(): string {
    const walked = [...this.#sources].map(([name, source]) => [name, source.walked]);
    const objects = [...this.#objects.values()].map(({ metadata }) => metadata);
    return JSON.stringify([this.standing, walked, objects, this.places, this.readers?.source]);
  }

  #generations(): Generation[] {
    return [...this.#objects.values()]
      .filter(({ kind }) => kind === 'ConfigMap')
      .flatMap((object) => readGeneration(object) ?? []);
  }

  #ask<T>(whom: Server, value: T): Known<T> {
    return this.away.has(whom) ? { unknown: `${whom} is away` } : { value };
  }

  #observeGeneration(generation: Generation): ObservedGeneration {
    const { name, queueName, spec } = generation;
    const at = `https://sqs.example.com/1/${queueName}`;
    const queues = { url: `${at}.fifo`, deadLetterUrl: `${at}-dead.fifo`, refreshUrl: at };
    const pelican = this.#workers('pelican', name);
    const source = this.#sources.get(name);
    const progress = source && { processed: source.walked ? 9 : 1, total: 9 };
    return {
      generation,
      queues: this.#ask('sqs', this.#queues.has(queueName) ? queues : undefined),
      depth: this.#ask('sqs', { visible: 0, inFlight: 0, deadLettered: 0, oldestAgeSeconds: 0 }),
      target: hasOwnKey(spec)
        ? { unknown: 'it is not asked for' }
        : this.#ask('pinecone', this.#indexes.get(spec.target.index)),
      records:
        generation.dropping && !hasOwnKey(spec)
          ? this.#ask('pinecone', this.#records.has(placeOf(spec)) ? 9 : 0)
          : { unknown: 'they are not being deleted' },
      jobs: this.#jobs.filter(({ set }) => set === name),
      pelican,
      emu: this.#workers('emu', name),
      backfill:
        pelican?.ready === 1
          ? this.#ask('postgres', progress && { ...progress, finished: source.walked })
          : { unknown: 'no pelican is ready' },
      audit:
        pelican?.ready === 1
          ? this.#ask('postgres', this.lastAudit)
          : { unknown: 'no pelican is ready' },
    };
  }

  #workers(workload: string, set: string) {
    const deployment = this.#objects.get(`Deployment/${workload}-${set}`);
    const pods = deployment && this.#podsOf(deployment);
    return pods === undefined ? undefined : { desired: pods, ready: pods, pods };
  }

  #podsOf({ metadata, spec }: KubernetesObject): number {
    const { replicas } = spec as { replicas?: number };
    if (replicas !== undefined) return Math.min(1, replicas);
    const scaler = this.#objects.get(`ScaledObject/${metadata.name}`);
    return scaler?.metadata.annotations?.['autoscaling.keda.sh/paused-replicas'] === '0' ? 0 : 1;
  }

  #apply(object: KubernetesObject): void {
    const { kind, metadata, apiVersion } = object;
    if (kind !== 'Job') {
      this.#objects.set(`${kind}/${metadata.name}`, object);
      return;
    }
    const set = metadata.labels?.[marks.set] ?? '';
    const generation = this.#generations().find(({ name }) => name === set);
    if (generation === undefined) {
      this.breaches.push(`Job ${metadata.name} has no ConfigMap`);
      return;
    }
    if (this.#jobs.some((job) => job.object.name === metadata.name)) return;
    if (this.#jobs.some((job) => job.set === set && job.phase === 'running'))
      this.breaches.push(`Job ${metadata.name} runs beside another`);
    this.#jobs.push({
      object: { apiVersion, kind, name: metadata.name },
      task: metadata.labels?.[marks.task] as Task,
      occasion: metadata.labels?.[marks.occasion] ?? '',
      phase: 'running',
      finishedAt: undefined,
      exitCode: undefined,
      message: undefined,
      ...{ set, spec: generation.spec, startedAt: this.now },
    });
  }

  #tellReaders(entry: ReadersEntry): void {
    this.readers = entry;
    const place = placeOf(entry.index);
    if (!this.#proven.has(place)) this.breaches.push(`readers are at ${place} without an audit`);
    if (entry.index.name !== this.#name)
      this.breaches.push(`readers know it as ${entry.index.name}`);
  }

  #act(act: Act): void {
    const whom = act.act === 'makeQueues' || act.act === 'deleteQueues' ? 'sqs' : 'pinecone';
    if (this.away.has(whom)) {
      this.#failures.push({ doing: act.act, message: `${whom} is away` });
      return;
    }
    const keeps = this.#deletingSince !== undefined && this.#spec.deletionPolicy === 'Retain';
    switch (act.act) {
      case 'makeQueues':
        this.#queues.add(act.name);
        return;
      case 'makeTarget':
        if (hasOwnKey(this.#spec)) this.breaches.push('the index is made by the wrong key');
        this.#indexes.set(act.index, act);
        return;
      case 'deleteQueues':
        if (keeps) this.breaches.push(`queues ${act.name} are deleted under Retain`);
        this.#queues.delete(act.name);
        return;
      case 'dropNamespace':
        if (hasOwnKey(this.#spec)) this.breaches.push('records are dropped by the wrong key');
        this.#dropRecords(`${act.index}/${act.namespace}`);
    }
  }

  #dropRecords(place: string): void {
    if (this.#deletingSince !== undefined && this.#spec.deletionPolicy === 'Retain')
      this.breaches.push(`${place} is dropped under Retain`);
    if (this.readers && placeOf(this.readers.index) === place)
      this.breaches.push(`${place} is dropped while it is read`);
    this.#records.delete(place);
    this.#proven.delete(place);
  }

  #run(job: Job): Job {
    if (job.phase !== 'running' || this.now < job.startedAt + workMs) return job;
    const ended = (phase: 'succeeded' | 'failed', message?: string): Job => ({
      ...{ ...job, phase, message, exitCode: phase === 'succeeded' ? 0 : 1, finishedAt: this.now },
    });
    const needed = job.task === 'drop-records' ? 'pinecone' : 'postgres';
    if (this.away.has(needed)) return ended('failed', `${needed} is away`);
    const content = digestOf(job.spec);
    const source = this.#sources.get(job.set);
    switch (job.task) {
      case 'install': {
        const walked = source?.content === content && source.walked;
        this.#sources.set(job.set, { content, walked });
        if (!walked) this.#walkedSince.delete(job.set);
        return ended('succeeded');
      }
      case 'uninstall':
        this.#sources.delete(job.set);
        if (this.working.some((name) => name === `pelican-${job.set}`))
          this.breaches.push(`uninstall of ${job.set} beside its pelican`);
        return ended('succeeded');
      case 'drop-records':
        this.#dropRecords(placeOf(job.spec));
        return ended('succeeded');
      case 'backfill':
        if (source) source.walked = false;
        this.#walkedSince.delete(job.set);
        return ended(source ? 'succeeded' : 'failed');
      case 'audit': {
        const isInStep = this.#records.get(placeOf(job.spec)) === content;
        if (isInStep) this.#proven.add(placeOf(job.spec));
        return ended(isInStep ? 'succeeded' : 'failed', 'records are missing');
      }
    }
  }

  /** Pelican reads the table, emu fills the index; both need what they need. */
  #work({ name, spec, queueName }: Generation): void {
    const source = this.#sources.get(name);
    const isWorking = this.working.includes(`pelican-${name}`) && this.away.size === 0;
    if (!source || !isWorking || !this.#queues.has(queueName)) return;
    const since = this.#walkedSince.get(name) ?? this.now;
    this.#walkedSince.set(name, since);
    if (this.now >= since + workMs) source.walked = true;
    if (!source.walked || !this.working.includes(`emu-${name}`)) return;
    const { target, embedding } = spec;
    const { dimensions } = embedding;
    if (!this.#indexes.has(target.index))
      this.#indexes.set(target.index, { dimensions, metric: target.metric });
    this.#records.set(placeOf(spec), source.content);
  }
}

const hasOwnKey = ({ target }: Pick<SemanticIndex, 'target'>) => target.secretRef !== undefined;

const placeOf = ({ target: { index, namespace } }: SemanticIndex) => `${index}/${namespace}`;
