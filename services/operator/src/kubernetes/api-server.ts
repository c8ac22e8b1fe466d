import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { ApiFailure, hasStatus } from './failure.ts';
import type { RateLimit } from './rate-limit.ts';
import { pathOf, pluralOf, resourceOf, type KubernetesObject, type Resource } from './resources.ts';
import type { ApiAccess } from './service-account.ts';

/** Longest wait for an answer; a watch has its own. */
const timeoutMs = 30_000;
const remedies: Record<number, string> = {
  401: ' Its service account must be known to the cluster.',
  403: ' Give its Role this right.',
};

export interface ApiServerOptions {
  access: ApiAccess;
  /** Of all objects. */
  namespace: string;
  /** Whose fields are those that it applies. */
  fieldManager: string;
  rateLimit: RateLimit;
  /** Told of every answer, and of those that never came as `none`. */
  onRequest: (verb: string, resource: string, status: string) => void;
}

interface Call {
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  resource: Resource;
  name?: string;
  part?: 'status';
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  contentType?: string;
  signal: AbortSignal;
}

export interface Listed {
  items: KubernetesObject[];
  resourceVersion: string;
}

/**
 * The objects of one namespace. Every method throws ApiFailure, or the reason of the signal that ended it; none tries
 * again.
 */
export class ApiServer {
  readonly namespace: string;
  readonly #options: ApiServerOptions;
  readonly #agent: http.Agent;

  constructor(options: ApiServerOptions) {
    const { server, ca } = options.access;
    this.#options = options;
    this.namespace = options.namespace;
    this.#agent =
      server.protocol === 'https:'
        ? new https.Agent({ keepAlive: true, ca })
        : new http.Agent({ keepAlive: true });
  }

  async get(
    resource: Resource,
    name: string,
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined> {
    try {
      return await this.#json({ verb: 'get', method: 'GET', resource, name, signal });
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** All of a kind that have the labels, read in pages. */
  async list(resource: Resource, labels: string, signal: AbortSignal): Promise<Listed> {
    const items: KubernetesObject[] = [];
    const [apiVersion = '', kind = ''] = resource.split(' ');
    for (let next = ''; ;) {
      const query = { limit: '250', ...labelled(labels), ...(next && { continue: next }) };
      const page = (await this.#json({ verb: 'list', method: 'GET', resource, query, signal })) as {
        metadata: { resourceVersion?: string; continue?: string };
        items?: KubernetesObject[];
      };
      // A list leaves out what its items have in common.
      for (const item of page.items ?? []) items.push({ ...item, apiVersion, kind });
      next = page.metadata.continue ?? '';
      if (next === '') return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
    }
  }

  /** The stream of what changes from a version on, until the server ends it after so many seconds. */
  async watch(
    resource: Resource,
    from: { labels: string; resourceVersion: string; seconds: number },
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from.resourceVersion,
      timeoutSeconds: String(from.seconds),
      ...labelled(from.labels),
    };
    return this.#send({ verb: 'watch', method: 'GET', resource, query, signal });
  }

  /** Server-side apply: what is left out of it, and was in it before, is taken away. */
  async apply(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    return this.#apply(object, signal);
  }

  async applyStatus(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    return this.#apply(object, signal, 'status');
  }

  #apply(
    object: KubernetesObject,
    signal: AbortSignal,
    part?: 'status',
  ): Promise<KubernetesObject> {
    return this.#json({
      verb: 'patch',
      method: 'PATCH',
      resource: resourceOf(object),
      name: object.metadata.name,
      ...(part && { part }),
      query: { fieldManager: this.#options.fieldManager, force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: object,
      signal,
    });
  }

  /** Changes no more than the fields that are given, null takes one away. */
  async merge(
    resource: Resource,
    name: string,
    patch: object,
    signal: AbortSignal,
  ): Promise<KubernetesObject> {
    return this.#json({
      ...{ verb: 'patch', method: 'PATCH', resource, name, body: patch, signal },
      contentType: 'application/merge-patch+json',
    });
  }

  async create(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const resource = resourceOf(object);
    return this.#json({ verb: 'create', method: 'POST', resource, body: object, signal });
  }

  /** Refused as a conflict unless the object has its resourceVersion still. */
  async update(object: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const [resource, { name }] = [resourceOf(object), object.metadata];
    return this.#json({ verb: 'update', method: 'PUT', resource, name, body: object, signal });
  }

  /** Deletes it and, behind it, what it owns; fine when it is not there. */
  async delete(resource: Resource, name: string, signal: AbortSignal): Promise<void> {
    const body = { propagationPolicy: 'Background' };
    try {
      await this.#json({ verb: 'delete', method: 'DELETE', resource, name, body, signal });
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  async #json(call: Call): Promise<KubernetesObject> {
    const within = AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const answer = await this.#send({ ...call, signal: within });
      return JSON.parse(await text(answer)) as KubernetesObject;
    } catch (error) {
      call.signal.throwIfAborted();
      if (error instanceof ApiFailure) throw error;
      throw new ApiFailure(`${said(call)}: ${String(error)}`, { cause: error });
    }
  }

  /** @returns an answer that is yet to be read */
  async #send(call: Call): Promise<http.IncomingMessage> {
    const { verb, method, resource, name, part, query = {}, signal } = call;
    const { access } = this.#options;
    await this.#options.rateLimit.take(signal);
    const url = new URL(pathOf(resource, this.namespace, name, part), access.server);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    let status = 'none';
    try {
      const send = url.protocol === 'https:' ? https.request : http.request;
      const request = send(url, {
        method,
        agent: this.#agent,
        signal,
        headers: {
          authorization: `Bearer ${access.token()}`,
          accept: 'application/json',
          ...(body !== undefined && {
            'content-type': call.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
        },
      });
      const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
      request.once('response', resolve).once('error', reject).end(body);
      const answer = await promise;
      const { statusCode = 0 } = answer;
      status = String(statusCode);
      if (statusCode >= 300) throw await refusal(call, answer);
      return answer;
    } catch (error) {
      if (error instanceof ApiFailure) throw error;
      throw new ApiFailure(`${said(call)}: ${String(error)}`, { cause: error });
    } finally {
      this.#options.onRequest(verb, pluralOf(resource), status);
    }
  }
}

const labelled = (labels: string) => (labels === '' ? {} : { labelSelector: labels });

const said = ({ verb, resource, name, part }: Call) =>
  `Kubernetes, ${verb} ${pluralOf(resource)}${name === undefined ? '' : ` ${name}`}${part ? ` ${part}` : ''}`;

async function refusal(call: Call, answer: http.IncomingMessage): Promise<ApiFailure> {
  const { statusCode: status = 0, headers } = answer;
  const body = await text(answer);
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return new ApiFailure(`${said(call)}: ${wordsOf(body)} (${status}).${remedies[status] ?? ''}`, {
    status,
    retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1_000,
  });
}

/** The message of a Status object, or the text itself. */
function wordsOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body.trim();
  }
}
