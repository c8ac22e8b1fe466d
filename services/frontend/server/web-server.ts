import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { PermanentError, type Health, type Part } from '@aviary/runtime';

/** How long those who keep a connection have to ask once more, and learn by the answer that it ends. */
const farewellMs = 2_000;

/** The public port. Stops by answering what was asked, and takes no more. */
export class WebServer implements Part {
  readonly name = 'web';
  readonly #server: Server;
  readonly #options: { host: string; port: number; health: Health };
  #answering = 0;
  #stopping = false;

  constructor(app: RequestListener, options: { host: string; port: number; health: Health }) {
    this.#options = options;
    // A body that never ends would keep its place among those at work.
    this.#server = createServer(
      { requestTimeout: 30_000, connectionsCheckingInterval: 5_000 },
      (request, response) => {
        this.#answering += 1;
        response.once('close', () => (this.#answering -= 1));
        if (this.#stopping) response.setHeader('Connection', 'close');
        app(request, response);
      },
    );
    // Above what load balancers keep an idle connection for (60 s), so that they never reuse a closed one.
    this.#server.keepAliveTimeout = 65_000;
    options.health.expect(this.name);
  }

  /** The port it listens on, once started. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    const { host, port, health } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new PermanentError(`Port ${port} is taken: set PORT to a free one.`, { cause: error })
            : error,
        );
      });
      this.#server.listen(port, host, resolve);
    });
    health.ok(this.name);
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#options.health.failed(this.name, 'stopping');
    this.#stopping = true;
    // To close a kept connection at once would lose a request that is on its way, or there and not read yet.
    const farewell = performance.now() + farewellMs;
    while (!deadline.aborted && performance.now() < farewell && (await this.#isConnected())) {
      await setTimeout(20);
    }
    const closed = new Promise((resolve) => this.#server.close(resolve));
    while (!deadline.aborted && this.#answering > 0) await setTimeout(20);
    // What is left never asked, as those that browsers open ahead.
    this.#server.closeAllConnections();
    await closed;
  }

  #isConnected(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#server.getConnections((_, count) => resolve(count > 0));
    });
  }
}
