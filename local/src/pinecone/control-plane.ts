import { invalidArgument } from './api-error.ts';
import type { IndexCatalog } from './index-catalog.ts';
import type { VectorShape } from './record-rules.ts';
import { isObject, type JsonObject } from './request-body.ts';
import type { IndexDefinition, StoredIndex } from './stored-index.ts';

const MAX_DIMENSION = 20_000;

export interface ControlContext {
  catalog: IndexCatalog;
  /** Scheme and authority under which the caller reached this server. */
  origin: string;
  initializingMs: number;
}

/** /indexes and /indexes/NAME. @returns the status and what to answer; undefined where there is no route. */
export function handleControl(
  method: string,
  name: string | undefined,
  body: JsonObject,
  context: ControlContext,
): { status: number; body: unknown } | undefined {
  const { catalog } = context;
  if (name === undefined) {
    if (method === 'GET') {
      return { status: 200, body: { indexes: catalog.list().map((i) => describe(i, context)) } };
    }
    if (method === 'POST') {
      return { status: 201, body: describe(catalog.create(readDefinition(body)), context) };
    }
    return undefined;
  }
  if (method === 'GET') return { status: 200, body: describe(catalog.get(name), context) };
  if (method === 'PATCH') {
    const index = catalog.protect(name, body.deletion_protection === 'enabled');
    return { status: 200, body: describe(index, context) };
  }
  if (method === 'DELETE') {
    catalog.delete(name);
    return { status: 202, body: {} };
  }
  return undefined;
}

function describe(index: StoredIndex, context: ControlContext): unknown {
  const { name, dimension, metric, cloud, region, createdAt } = index.definition;
  const { protectedFromDeletion = false } = index.definition;
  const ready = Date.now() >= createdAt + context.initializingMs;
  return {
    name,
    host: `${context.origin}/i/${name}`,
    status: { ready, state: ready ? 'Ready' : 'Initializing' },
    deployment: { deployment_type: 'managed', cloud, region, environment: `${cloud}-${region}` },
    read_capacity: { mode: 'OnDemand', status: { state: 'Ready' } },
    schema: { fields: { _values: { type: 'dense_vector', dimension, metric } } },
    deletion_protection: protectedFromDeletion ? 'enabled' : 'disabled',
  };
}

function readDefinition(body: JsonObject): IndexDefinition {
  const { name } = body;
  if (typeof name !== 'string' || !/^[a-z0-9]([a-z0-9-]{0,43}[a-z0-9])?$/.test(name)) {
    throw invalidArgument(
      `An index name has 1 to 45 lower-case letters, digits and inner hyphens; this is ${JSON.stringify(name)}.`,
    );
  }
  const deployment = isObject(body.deployment) ? body.deployment : {};
  const { cloud, region } = deployment;
  return {
    name,
    ...readShape(body.schema),
    cloud: typeof cloud === 'string' ? cloud : 'aws',
    region: typeof region === 'string' ? region : 'us-east-1',
    createdAt: Date.now(),
    protectedFromDeletion: body.deletion_protection === 'enabled',
  };
}

function readShape(schema: unknown): VectorShape {
  const fields = isObject(schema) && isObject(schema.fields) ? schema.fields : {};
  const vector = fields._values;
  if (!isObject(vector)) {
    throw invalidArgument('The schema has no dense vector field "_values".');
  }
  const { dimension, metric } = vector;
  if (
    typeof dimension !== 'number' ||
    !Number.isInteger(dimension) ||
    dimension < 1 ||
    dimension > MAX_DIMENSION
  ) {
    throw invalidArgument(
      `The dimension must be a whole number from 1 to ${MAX_DIMENSION}; it is ${JSON.stringify(dimension)}.`,
    );
  }
  if (metric !== 'cosine' && metric !== 'dotproduct' && metric !== 'euclidean') {
    throw invalidArgument(
      `The metric must be cosine, dotproduct or euclidean; it is ${JSON.stringify(metric)}.`,
    );
  }
  return { dimension, metric };
}
