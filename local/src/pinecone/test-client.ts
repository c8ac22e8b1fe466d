import { expect } from 'vitest';

interface Written {
  id: string;
  values: unknown[];
  metadata?: Record<string, unknown>;
}

/** Raw requests to the stand-in: what the SDK never sends, and no error types in between. For tests. */
export class Client {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: unknown }> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { 'api-key': 'test' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** To the index `birds`. @returns the body of a success. */
  async post(path: string, body: unknown): Promise<unknown> {
    return this.#success(await this.send('POST', `/i/birds${path}`, body));
  }

  async get(path: string): Promise<unknown> {
    return this.#success(await this.send('GET', `/i/birds${path}`));
  }

  async delete(path: string): Promise<unknown> {
    return this.#success(await this.send('DELETE', `/i/birds${path}`));
  }

  async createIndex(name: string, dimension: number, metric = 'cosine'): Promise<void> {
    const schema = { fields: { _values: { type: 'dense_vector', dimension, metric } } };
    const { status } = await this.send('POST', '/indexes', { name, schema });
    expect(status).toBe(201);
  }

  upsert(namespace: string, vectors: Written[]): Promise<unknown> {
    return this.post('/vectors/upsert', { namespace, vectors });
  }

  async fetch(namespace: string, ids: string[]): Promise<Record<string, Written>> {
    const query = new URLSearchParams([
      ['namespace', namespace],
      ...ids.map((id): [string, string] => ['ids', id]),
    ]);
    const { vectors } = (await this.get(`/vectors/fetch?${query.toString()}`)) as {
      vectors: Record<string, Written>;
    };
    return vectors;
  }

  async count(namespace: string): Promise<number> {
    const stats = (await this.post('/describe_index_stats', {})) as {
      namespaces: Record<string, { vectorCount: number }>;
    };
    return stats.namespaces[namespace]?.vectorCount ?? 0;
  }

  #success({ status, body }: { status: number; body: unknown }): unknown {
    expect(body, `status ${status}`).toBeDefined();
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  }
}
