import type { EmbeddingsServer, Faults as EmbedderFaults } from '@aviary/local/embeddings';
import type { PineconeFaults, PineconeServer } from '@aviary/local/pinecone';
import type { LocalPostgres } from '@aviary/local/postgres';
import type { LocalSqs, SqsFaults } from '@aviary/local/sqs';
import pg from 'pg';
import type { Fault, PlannedFault } from './fault-plan.ts';
import { linkNames, type LinkName, type Links, type Slot } from './links.ts';
import type { Outage } from './outage.ts';
import type { Supervised } from './supervised.ts';

export interface WeatherOptions {
  postgres: LocalPostgres;
  sqs: LocalSqs;
  pinecone: PineconeServer;
  embeddings: EmbeddingsServer;
  links: Links;
  services: ReadonlyMap<Slot, Supervised>;
  outage: Outage;
  note: (what: string) => void;
}

/** Faults that hold for a while; where two of a kind overlap, the later one counts. */
class Holding<F extends object> {
  readonly #apply: (faults: F) => void;
  #inForce: F[] = [];

  constructor(apply: (faults: F) => void) {
    this.#apply = apply;
  }

  begin(faults: F): () => void {
    this.#inForce.push(faults);
    this.#update();
    return () => {
      this.#inForce = this.#inForce.filter((other) => other !== faults);
      this.#update();
    };
  }

  #update(): void {
    this.#apply(Object.assign({}, ...this.#inForce) as F);
  }
}

/** Lets faults happen to a system, each at its time, and ends them. */
export class Weather {
  /** Faults that happened, by kind. */
  readonly happened: Record<string, number> = {};
  readonly #options: WeatherOptions;
  readonly #queue: Holding<SqsFaults>;
  readonly #index: Holding<Partial<PineconeFaults>>;
  readonly #embedder: Holding<EmbedderFaults>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #endings = new Set<() => void>();
  /** Outages of Postgres and what needs it, one after another. */
  #outages: Promise<void> = Promise.resolve();

  constructor(options: WeatherOptions) {
    this.#options = options;
    this.#queue = new Holding((faults) => options.sqs.setFaults(faults));
    this.#index = new Holding((faults) => options.pinecone.setFaults(faults));
    this.#embedder = new Holding((faults) => options.embeddings.setFaults(faults));
  }

  begin(planned: readonly PlannedFault[]): void {
    for (const { atMs, forMs, fault } of planned) {
      this.#later(atMs, () => this.#strike(fault, forMs));
    }
  }

  /** Wakes a process that has stopped itself. */
  wakeLater(slot: Slot, afterMs: number): void {
    this.#until(afterMs, () => this.#send(slot, 'SIGCONT'));
  }

  /** Ends every fault, and lets none begin. Resolves when Postgres is there. */
  async clear(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const end of this.#endings) end();
    this.#endings.clear();
    for (const slot of this.#options.services.keys()) this.#send(slot, 'SIGCONT');
    this.#options.links.setPassage(linkNames, { kind: 'open' });
    this.#options.links.drop(linkNames, 'forgotten');
    await this.#outages;
  }

  #strike(fault: Fault, forMs: number): void {
    const { note, links } = this.#options;
    const kind =
      'signal' in fault ? fault.signal : 'how' in fault ? `postgres ${fault.how}` : fault.kind;
    this.happened[kind] = (this.happened[kind] ?? 0) + 1;
    note(`fault for ${forMs} ms: ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case 'signal':
        for (const victim of fault.victims) {
          this.#send(victim, fault.signal);
          if (fault.signal === 'SIGSTOP') this.wakeLater(victim, forMs);
        }
        return;
      case 'postgres':
        this.#outages = this.#outages.then(() => this.#breakPostgres(fault.how));
        return;
      case 'drop':
        links.drop(fault.links);
        return;
      case 'hold':
        if (fault.which === 'all') links.setPassage(fault.links, { kind: 'held' });
        else links.setPassageOfPresent(fault.links, { kind: 'held' });
        this.#until(forMs, () => this.#open(fault.links, fault.release));
        return;
      case 'delay':
        links.setPassage(fault.links, { kind: 'delayed', ms: fault.ms });
        this.#until(forMs, () => this.#open(fault.links));
        return;
      case 'queue':
        this.#until(forMs, this.#queue.begin(fault.faults));
        return;
      case 'index':
        this.#until(forMs, this.#index.begin(fault.faults));
        return;
      case 'embedder':
        this.#until(forMs, this.#embedder.begin(fault.faults));
        return;
      case 'backfill':
        this.#outages = this.#outages
          .then(() => this.#requestBackfills())
          // No pelican has got as far as to have anything to ask for.
          .catch((error: unknown) => note(`no backfill: ${String(error)}`));
    }
  }

  #open(names: readonly LinkName[], release?: 'delivered' | 'reset' | 'forgotten'): void {
    this.#options.note(`open again: ${names.join(', ')}`);
    this.#options.links.setPassage(names, { kind: 'open' }, release);
  }

  async #breakPostgres(how: 'restart' | 'crash'): Promise<void> {
    const { postgres, outage, note } = this.#options;
    await outage.during(() => postgres[how]());
    note('Postgres is back');
  }

  async #requestBackfills(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#options.postgres.url });
    await client.connect();
    try {
      await client.query('select aviary.request_backfill(id) from aviary.source');
    } finally {
      await client.end();
    }
  }

  #send(slot: Slot, signal: NodeJS.Signals): void {
    this.#options.services.get(slot)?.send(signal);
  }

  /** Ends a fault after a while, or when all faults end. */
  #until(afterMs: number, end: () => void): void {
    this.#endings.add(end);
    this.#later(afterMs, () => {
      this.#endings.delete(end);
      end();
    });
  }

  #later(afterMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, afterMs);
    this.#timers.add(timer);
  }
}
