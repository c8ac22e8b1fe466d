import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { PermanentError } from './failure.ts';
import type { Health } from './health.ts';
import type { Part } from './lifecycle.ts';

export interface AdminOptions {
  host: string;
  port: number;
  health: Health;
  metrics: Registry;
  /** What /status answers beside health: a small JSON object for people and the frontend. */
  status: () => Record<string, unknown> | Promise<Record<string, unknown>>;
  /** Whether this process gets anywhere; it does while it answers, unless said otherwise. */
  isLive?: () => boolean;
}

/**
 * The admin port: /livez (the process answers, and gets somewhere where it can tell), /readyz (200, or 503 with the reasons), /metrics
 * (Prometheus text) and /status (JSON). Not for the public network.
 */
export class AdminServer implements Part {
  readonly name = 'admin';
  readonly #options: AdminOptions;
  readonly #server: Server;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      const send = (status: number, type: string, body: string) =>
        response.writeHead(status, { 'content-type': type }).end(body);
      const json = (status: number, body: unknown) =>
        send(status, 'application/json', JSON.stringify(body));
      const { health, metrics, status, isLive = () => true } = options;
      switch (request.url) {
        case '/livez':
          return void json(isLive() ? 200 : 503, { live: isLive() });
        case '/readyz':
          return void json(health.ready ? 200 : 503, {
            ready: health.ready,
            parts: health.report(),
          });
        case '/status':
          return void Promise.resolve(status()).then(
            (said) => json(200, { ready: health.ready, parts: health.report(), ...said }),
            (error: unknown) => json(500, { error: String(error) }),
          );
        case '/metrics':
          return void metrics.metrics().then(
            (text) => send(200, metrics.contentType, text),
            (error: unknown) => json(500, { error: String(error) }),
          );
        default:
          return void json(404, { error: 'There are /livez, /readyz, /metrics and /status here.' });
      }
    });
  }

  /** The port it listens on, once started. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new PermanentError(`Admin port ${port} is taken: set ADMIN_PORT to a free one.`, {
                cause: error,
              })
            : error,
        );
      });
      this.#server.listen(port, host, resolve);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
