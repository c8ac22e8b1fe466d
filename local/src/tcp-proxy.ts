import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a network between two processes does to their bytes. */
export type Passage =
  | { kind: 'open' }
  /** Everything arrives later by `ms`, also the end of a connection: what a client gave up may still happen. */
  | { kind: 'delayed'; ms: number }
  /** Connections are accepted and bytes taken, and none arrives: a half-open connection. */
  | { kind: 'held' };

/** What becomes of the connections that were held: their bytes arrive, they are reset, or they stay so. */
export type Release = 'delivered' | 'reset' | 'forgotten';

export interface TcpProxy {
  readonly port: number;
  /** Of all its connections, those to come too. Leaving 'held' says what becomes of those. */
  setPassage(passage: Passage, release?: Release): void;
  /** Of the connections there are: others that come pass by them, and what is held up here arrives behind. */
  setPassageOfPresent(passage: Passage): void;
  /** Resets every connection, or those that were forgotten; new ones are taken. */
  drop(which: 'all' | 'forgotten'): void;
  close(): Promise<void>;
}

/** Passes connections on to a port, of 127.0.0.1 unless told otherwise, as well or badly as it is told. */
export async function startTcpProxy(options: { to: number; host?: string }): Promise<TcpProxy> {
  const links = new Set<Link>();
  let passage: Passage = { kind: 'open' };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const link = new Link(client, options, passage);
    links.add(link);
    link.onClosed = () => links.delete(link);
  });
  await listen(server);
  const drop = (which: 'all' | 'forgotten') => {
    for (const link of links) if (which === 'all' || link.isForgotten) link.reset();
  };
  return {
    port: (server.address() as AddressInfo).port,
    setPassage(next, release = 'delivered') {
      passage = next;
      for (const link of links) link.setPassage(next, release);
    },
    setPassageOfPresent(next) {
      for (const link of links) link.setPassage(next, 'delivered');
    },
    drop,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      drop('all');
      await closed;
    },
  };
}

/** One client's connection and the one made for it, with a lane of bytes each way. */
class Link {
  onClosed: () => void = () => undefined;
  isForgotten = false;
  readonly #lanes: readonly [Lane, Lane];
  readonly #sockets: readonly [Socket, Socket];
  #passage: Passage;

  constructor(client: Socket, { to, host }: { to: number; host?: string }, passage: Passage) {
    this.#passage = passage;
    const server = connect({
      ...{ port: to, host: host ?? '127.0.0.1' },
      ...{ allowHalfOpen: true, noDelay: true },
    });
    this.#sockets = [client, server];
    const current = () => this.#passage;
    this.#lanes = [new Lane(client, server, current), new Lane(server, client, current)];
    const ended = () => {
      if (client.destroyed && server.destroyed) this.onClosed();
    };
    for (const socket of this.#sockets) socket.once('close', ended);
  }

  setPassage(passage: Passage, release: Release): void {
    const released = this.#passage.kind === 'held' && passage.kind !== 'held';
    this.#passage = passage;
    if (released && release === 'reset') this.reset();
    if (released && release === 'forgotten') {
      this.isForgotten = true;
      for (const lane of this.#lanes) lane.forget();
    }
    for (const lane of this.#lanes) lane.flush();
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

type Item = { due: number } & ({ bytes: Buffer } | { end: 'shut' | 'reset' });

/** Bytes one way, in order, each when it is due. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #passage: () => Passage;
  #waiting: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #forgotten = false;

  constructor(from: Socket, to: Socket, passage: () => Passage) {
    this.#from = from;
    this.#to = to;
    this.#passage = passage;
    from.on('data', (bytes) => this.#push({ due: this.#due(), bytes }));
    from.on('end', () => this.#push({ due: this.#due(), end: 'shut' }));
    from.on('error', () => this.#push({ due: this.#due(), end: 'reset' }));
    from.on('close', () => this.#push({ due: this.#due(), end: 'shut' }));
    to.on('drain', () => from.resume());
  }

  /** Nothing passes any more, whatever the passage. */
  forget(): void {
    this.#forgotten = true;
    this.#waiting = [];
  }

  flush(): void {
    clearTimeout(this.#timer);
    const kind = this.#passage().kind;
    if (this.#forgotten || kind === 'held') return;
    for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
      const inMs = kind === 'open' ? 0 : item.due - performance.now();
      if (inMs > 0) {
        this.#timer = setTimeout(() => this.flush(), inMs);
        return;
      }
      this.#waiting.shift();
      this.#deliver(item);
    }
  }

  #due(): number {
    const passage = this.#passage();
    return passage.kind === 'delayed' ? performance.now() + passage.ms : 0;
  }

  #push(item: Item): void {
    if (this.#forgotten) return;
    this.#waiting.push(item);
    this.flush();
  }

  #deliver(item: Item): void {
    if (this.#to.destroyed) return;
    if ('bytes' in item) {
      if (!this.#to.write(item.bytes)) this.#from.pause();
    } else if (item.end === 'reset') this.#to.resetAndDestroy();
    else this.#to.end();
  }
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
}
