import type { ReadableStream } from 'node:stream/web';
import {
  CustomObjectsApi,
  Observable,
  PatchStrategy,
  ResponseContext,
  SelfDecodingBody,
  setHeaderOptions,
  type Configuration,
  type ConfigurationOptions,
  type RequestContext,
} from '@kubernetes/client-node';
import { hasStatus, toFailure } from './failure.ts';
import type { RateLimit } from './rate-limit.ts';
import { placeOf, resourceOf, type KubernetesObject, type Resource } from './resources.ts';

/** Longest wait for an answer, in milliseconds; a watch has its own. */
const timeoutMs = 30_000;
const pageSize = 250;

export interface ApiServerOptions {
  connection: Configuration;
  /** Of all objects. */
  namespace: string;
  /** Whose fields are those that it writes. */
  fieldManager: string;
  rateLimit: RateLimit;
  /** Told of every answer, and of those that never came as `none`. */
  onRequest: (verb: string, resource: string, status: string) => void;
}

/** Of what a request is about. */
type Place = ReturnType<typeof placeOf> & { namespace: string; fieldManager: string };

/** Of a list. */
interface Page {
  metadata: { resourceVersion?: string; continue?: string };
  items?: KubernetesObject[];
}

export interface Listed {
  items: KubernetesObject[];
  resourceVersion: string;
}

/**
 * The objects of one namespace, by the library's client of custom objects: it passes objects of any kind on as they are.
 * Every method throws ApiFailure, or the reason of the signal that ended it; none tries again.
 */
export class ApiServer {
  readonly namespace: string;
  readonly #options: ApiServerOptions;
  readonly #objects: CustomObjectsApi;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.namespace = options.namespace;
    this.#objects = new CustomObjectsApi(options.connection);
  }

  async get(
    resource: Resource,
    name: string,
    signal: AbortSignal,
  ): Promise<KubernetesObject | undefined> {
    try {
      return await this.#ask('get', resource, signal, (all, options) =>
        this.#objects.getNamespacedCustomObject({ ...all, name }, options),
      );
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** All of a kind that have the labels, read in pages. */
  async list(resource: Resource, labelSelector: string, signal: AbortSignal): Promise<Listed> {
    const items: KubernetesObject[] = [];
    const [apiVersion = '', kind = ''] = resource.split(' ');
    for (let next = ''; ;) {
      const query = { limit: pageSize, labelSelector, _continue: next };
      const page: Page = await this.#ask('list', resource, signal, (all, options) =>
        this.#objects.listNamespacedCustomObject({ ...all, ...query }, options),
      );
      // A list leaves out what its items have in common.
      for (const item of page.items ?? []) items.push({ ...item, apiVersion, kind });
      next = page.metadata.continue ?? '';
      if (next === '') return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
    }
  }

  /** The stream of what changes from a version on, until the server ends it after so many seconds. */
  async watch(
    resource: Resource,
    from: { labelSelector: string; resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const query = { ...from, watch: true, allowWatchBookmarks: true };
    const { promise: stream, resolve } = Promise.withResolvers<ReadableStream<Uint8Array>>();
    // The library reads an answer to its end, which a watch has only late: it is given another.
    const take = (answer: ResponseContext) => {
      const body = answer.body.stream();
      if (answer.httpStatusCode !== 200 || body === null) return answer;
      resolve(body);
      const nothing = new SelfDecodingBody(Promise.resolve(Buffer.from('null')));
      return new ResponseContext(200, answer.headers, nothing);
    };
    const list = (all: Place, options: ConfigurationOptions) =>
      this.#objects.listNamespacedCustomObject({ ...all, ...query }, options);
    await this.#ask('watch', resource, signal, list, take);
    return stream;
  }

  /** Server-side apply: what is left out of it, and was in it before, is taken away. */
  async apply(
    body: KubernetesObject,
    signal: AbortSignal,
    part: '' | 'Status' = '',
  ): Promise<KubernetesObject> {
    const { name } = body.metadata;
    return this.#ask('patch', resourceOf(body), signal, (all, options) =>
      this.#objects[`patchNamespacedCustomObject${part}`](
        { ...all, name, body, force: true },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply, options),
      ),
    );
  }

  /** Changes no more than the fields that are given, null takes one away. */
  async merge(
    resource: Resource,
    name: string,
    body: object,
    signal: AbortSignal,
  ): Promise<KubernetesObject> {
    return this.#ask('patch', resource, signal, (all, options) =>
      this.#objects.patchNamespacedCustomObject(
        { ...all, name, body },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch, options),
      ),
    );
  }

  async create(body: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    return this.#ask('create', resourceOf(body), signal, (all, options) =>
      this.#objects.createNamespacedCustomObject({ ...all, body }, options),
    );
  }

  /** Refused as a conflict unless the object has its resourceVersion still. */
  async update(body: KubernetesObject, signal: AbortSignal): Promise<KubernetesObject> {
    const { name } = body.metadata;
    return this.#ask('update', resourceOf(body), signal, (all, options) =>
      this.#objects.replaceNamespacedCustomObject({ ...all, name, body }, options),
    );
  }

  /** Deletes it and, behind it, what it owns; fine when it is not there. */
  async delete(resource: Resource, name: string, signal: AbortSignal): Promise<void> {
    const query = { name, propagationPolicy: 'Background' };
    try {
      await this.#ask('delete', resource, signal, (all, options) =>
        this.#objects.deleteNamespacedCustomObject({ ...all, ...query }, options),
      );
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  /**
   * @param request has the library ask, about the place and with the options that it is given
   * @param take sees an answer before the library reads it
   */
  async #ask(
    verb: string,
    resource: Resource,
    signal: AbortSignal,
    request: (all: Place, options: ConfigurationOptions) => Promise<unknown>,
    take = (answer: ResponseContext) => answer,
  ): Promise<KubernetesObject> {
    const { fieldManager, namespace, rateLimit, onRequest } = this.#options;
    const place = { ...placeOf(resource), namespace, fieldManager };
    await rateLimit.take(signal);
    const late = verb === 'watch' ? [] : [AbortSignal.timeout(timeoutMs)];
    const within = AbortSignal.any([signal, ...late]);
    let [status, path] = ['none', ''];
    const middleware = {
      pre: (context: RequestContext) => {
        path = new URL(context.getUrl()).pathname;
        context.setSignal(within);
        return new Observable(Promise.resolve(context));
      },
      post: (answer: ResponseContext) => {
        status = String(answer.httpStatusCode);
        return new Observable(Promise.resolve(take(answer)));
      },
    };
    try {
      const options = { middleware: [middleware], middlewareMergeStrategy: 'append' as const };
      return (await request(place, options)) as KubernetesObject;
    } catch (error) {
      signal.throwIfAborted();
      throw toFailure(`Kubernetes, ${verb} ${path}`, error);
    } finally {
      onRequest(verb, place.plural, status);
    }
  }
}
