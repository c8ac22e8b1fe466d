import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiServer } from '../src/kubernetes/api-server.ts';
import { connectionTo } from '../src/kubernetes/connection.ts';
import { RateLimit } from '../src/kubernetes/rate-limit.ts';
import type { KubernetesObject } from '../src/kubernetes/resources.ts';

type Stored = KubernetesObject & { metadata: { resourceVersion: string; uid: string } };

const inJson = { 'content-type': 'application/json' };

interface Change {
  version: number;
  collection: string;
  type: string;
  object: Stored;
}

/** What the API server does at the protocol, for one namespace: versions, conflicts, lists, watches and their ends. */
export class TestApiServer implements AsyncDisposable {
  /** By path. */
  readonly objects = new Map<string, Stored>();
  readonly requests: { method: string; path: string; watch: boolean }[] = [];
  /** Answered to the next requests, in place of what they ask for. */
  readonly refusals: { status: number; headers?: Record<string, string> }[] = [];
  /** Takes watches, and never says a word. */
  isSilent = false;
  readonly #server: Server;
  readonly #changes: Change[] = [];
  readonly #watches = new Set<{ collection: string; response: ServerResponse }>();
  #version = 1;
  #forgottenUntil = 0;
  #waiters: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(JSON.stringify({ message: String(error) }));
      });
    });
  }

  static async start(): Promise<TestApiServer> {
    const server = new TestApiServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  client(): ApiServer {
    const { port } = this.#server.address() as AddressInfo;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'test', token: 'token' },
    );
    return new ApiServer({
      connection: connectionTo(kubeConfig),
      namespace: 'test',
      fieldManager: 'test',
      rateLimit: new RateLimit({ perSecond: 10_000, burst: 10_000 }),
      onRequest: () => undefined,
    });
  }

  /** Puts an object there as somebody else does. */
  put(path: string, object: KubernetesObject): Stored {
    const known = this.objects.get(path);
    const stored: Stored = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: known?.metadata.uid ?? `uid-${this.#version + 1}`,
        resourceVersion: String((this.#version += 1)),
      },
    };
    this.objects.set(path, stored);
    this.#tell(path, known ? 'MODIFIED' : 'ADDED', stored);
    return stored;
  }

  remove(path: string): void {
    const known = this.objects.get(path);
    if (known === undefined) return;
    this.objects.delete(path);
    const resourceVersion = String((this.#version += 1));
    this.#tell(path, 'DELETED', { ...known, metadata: { ...known.metadata, resourceVersion } });
  }

  /** Forgets all changes until now, as after a compaction: a watch from before is answered 410. */
  compact(): void {
    this.#forgottenUntil = this.#version;
  }

  /** Changes something that no watch tells of. */
  async unheard(change: () => void): Promise<void> {
    this.cutWatches();
    change();
    this.compact();
    await Promise.resolve();
  }

  cutWatches(): void {
    for (const { response } of this.#watches) response.destroy();
    this.#watches.clear();
  }

  /** Resolves once `holds`, looked at after each request. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #tell(path: string, type: string, object: Stored): void {
    const collection = path.slice(0, path.lastIndexOf('/'));
    this.#changes.push({ version: this.#version, collection, type, object });
    if (this.isSilent) return;
    for (const watch of this.#watches) {
      if (watch.collection === collection)
        watch.response.write(`${JSON.stringify({ type, object })}\n`);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    const method = request.method ?? '';
    const watch = searchParams.get('watch') === 'true';
    this.requests.push({ method, path: pathname, watch });
    const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { ...inJson, ...headers }).end(JSON.stringify(body));
    try {
      const refusal = this.refusals.shift();
      if (refusal) return void send(refusal.status, { message: 'refused' }, refusal.headers);
      if (watch) {
        this.#watch(pathname, searchParams, response);
        return;
      }
      if (method === 'GET') {
        const found = this.objects.get(pathname);
        if (found) return void send(200, found);
        // The name of a collection is all lower case and plural; that of an object follows it.
        if (pathname.split('/').length % 2 === 0 || !pathname.endsWith('s'))
          return void send(404, { message: 'not found' });
        return void send(200, this.#list(pathname));
      }
      if (method === 'DELETE') {
        if (!this.objects.has(pathname)) return void send(404, { message: 'not found' });
        this.remove(pathname);
        return void send(200, {});
      }
      const body = (await json(request)) as KubernetesObject;
      const path = method === 'POST' ? `${pathname}/${body.metadata.name}` : pathname;
      const known = this.objects.get(path);
      if (method === 'POST' && known) return void send(409, { message: 'already exists' });
      if (method === 'PUT' && known?.metadata.resourceVersion !== body.metadata.resourceVersion)
        return void send(409, { message: 'the object has been modified' });
      return void send(200, this.put(path, body));
    } finally {
      for (const wake of this.#waiters.splice(0)) wake();
    }
  }

  #list(collection: string): unknown {
    const items = [...this.objects]
      .filter(([path]) => path.slice(0, path.lastIndexOf('/')) === collection)
      .map(([, object]) => object);
    return { metadata: { resourceVersion: String(this.#version) }, items };
  }

  #watch(collection: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    response.writeHead(200, inJson);
    response.flushHeaders();
    if (this.isSilent) return;
    if (from < this.#forgottenUntil) {
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: { metadata: {}, code: 410, message: 'too old' } })}\n`,
      );
      return;
    }
    for (const { type, object, ...change } of this.#changes) {
      if (change.collection === collection && change.version > from)
        response.write(`${JSON.stringify({ type, object })}\n`);
    }
    const watch = { collection, response };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
  }
}
