import { invalidArgument, notFound } from './api-error.ts';
import { exactSearch } from './exact-search.ts';
import { compileFilter } from './metadata-filter.ts';
import type { StoredRecord } from './namespace.ts';
import { checkId, checkIds, checkMetadata, checkRecords, checkVector } from './record-rules.ts';
import { isObject, type JsonObject } from './request-body.ts';
import type { StoredIndex } from './stored-index.ts';

const MAX_TOP_K = 10_000;
const MAX_PAGE = 100;
const DEFAULT_NAMESPACE = '__default__';
const usage = { readUnits: 1 };

/** One request to one index. @returns what to answer; undefined where there is no route. */
export function handleData(
  index: StoredIndex,
  route: string,
  query: URLSearchParams,
  body: JsonObject,
): unknown {
  if (route.startsWith('GET /namespaces/') || route.startsWith('DELETE /namespaces/')) {
    const [method = '', path = ''] = route.split(' ');
    const name = namespaceName(decodeURIComponent(path.slice('/namespaces/'.length)));
    return method === 'GET' ? describeNamespace(index, name) : dropNamespace(index, name);
  }
  switch (route) {
    case 'POST /vectors/upsert':
      return upsert(index, body);
    case 'POST /vectors/update':
      return update(index, body);
    case 'POST /vectors/delete':
      return remove(index, body);
    case 'GET /vectors/fetch':
      return fetchRecords(index, query);
    case 'GET /vectors/list':
      return list(index, query);
    case 'POST /query':
      return search(index, body);
    case 'POST /describe_index_stats':
      return stats(index);
    case 'GET /namespaces':
      return { namespaces: [...index.namespaces().keys()].map((n) => describeNamespace(index, n)) };
    default:
      return undefined;
  }
}

function upsert(index: StoredIndex, body: JsonObject): unknown {
  const records = checkRecords(body.vectors, index.definition);
  const namespace = namespaceName(body.namespace);
  index.write({ kind: 'upsert', namespace, ...records });
  return { upsertedCount: records.ids.length };
}

function update(index: StoredIndex, body: JsonObject): unknown {
  const id = checkId(body.id);
  const { values } = body;
  index.write({
    kind: 'update',
    namespace: namespaceName(body.namespace),
    id,
    metadata: checkMetadata(body.setMetadata ?? {}, id),
    values: values === undefined ? new Float32Array(0) : checkVector(values, index.definition, id),
  });
  return {};
}

function remove(index: StoredIndex, body: JsonObject): unknown {
  const namespace = namespaceName(body.namespace);
  const { ids, deleteAll, filter } = body;
  const ways = [ids, deleteAll === true ? true : undefined, filter].filter((w) => w !== undefined);
  if (ways.length !== 1) {
    throw invalidArgument('A delete takes exactly one of "ids", "deleteAll" and "filter".');
  }
  const checked = ids === undefined ? [] : checkIds(ids);
  if (!index.hasNamespace(namespace)) throw notFound(`There is no namespace ${namespace}.`);
  if (ids !== undefined) index.write({ kind: 'delete', namespace, ids: checked });
  else if (isObject(filter)) {
    compileFilter(filter);
    index.write({ kind: 'delete-where', namespace, filter });
  } else if (filter !== undefined) throw invalidArgument('A filter must be an object.');
  else index.write({ kind: 'delete-all', namespace });
  return {};
}

function fetchRecords(index: StoredIndex, query: URLSearchParams): unknown {
  const namespace = namespaceName(query.get('namespace'));
  const space = index.namespace(namespace);
  const vectors: Record<string, unknown> = {};
  for (const id of checkIds(query.getAll('ids'))) {
    const record = space?.get(id);
    if (record) vectors[id] = present(record);
  }
  return { vectors, namespace, usage };
}

function list(index: StoredIndex, query: URLSearchParams): unknown {
  const namespace = namespaceName(query.get('namespace'));
  const limit = Number(query.get('limit') ?? MAX_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw invalidArgument(`The limit of a page is from 1 to ${MAX_PAGE}; it is ${limit}.`);
  }
  const token = query.get('paginationToken');
  const after = token === null ? undefined : Buffer.from(token, 'base64url').toString();
  const page = index.namespace(namespace)?.list(query.get('prefix') ?? '', after, limit) ?? [];
  const last = page.at(-1);
  return {
    vectors: page.map((id) => ({ id })),
    ...(page.length === limit && last !== undefined
      ? { pagination: { next: Buffer.from(last).toString('base64url') } }
      : {}),
    namespace,
    usage,
  };
}

function search(index: StoredIndex, body: JsonObject): unknown {
  const { topK, vector, id, filter } = body;
  if (typeof topK !== 'number' || !Number.isInteger(topK) || topK < 1 || topK > MAX_TOP_K) {
    throw invalidArgument(`topK is from 1 to ${MAX_TOP_K}; it is ${JSON.stringify(topK)}.`);
  }
  if ((vector === undefined) === (id === undefined)) {
    throw invalidArgument('A query takes exactly one of "vector" and "id".');
  }
  const namespace = namespaceName(body.namespace);
  const accepts = filter === undefined ? undefined : compileFilter(filter);
  const space = index.namespace(namespace);
  const target =
    vector === undefined
      ? space?.get(checkId(id))?.values
      : checkVector(vector, index.definition, 'the query');
  if (!space || !target) return { matches: [], namespace, usage };
  const matches = exactSearch(space, target, topK, index.definition.metric, accepts);
  return {
    matches: matches.map(({ row, score }) => ({
      id: space.ids[row],
      score,
      ...(body.includeValues === true
        ? { values: Array.from(space.get(space.ids[row] ?? '')?.values ?? []) }
        : {}),
      ...(body.includeMetadata === true ? { metadata: space.metadata[row] } : {}),
    })),
    namespace,
    usage,
  };
}

function stats(index: StoredIndex): unknown {
  const namespaces: Record<string, { vectorCount: number }> = {};
  let totalVectorCount = 0;
  for (const [name, space] of index.namespaces()) {
    namespaces[name] = { vectorCount: space.size };
    totalVectorCount += space.size;
  }
  const { dimension, metric } = index.definition;
  return { namespaces, dimension, metric, indexFullness: 0, totalVectorCount, vectorType: 'dense' };
}

function describeNamespace(index: StoredIndex, name: string): unknown {
  const space = index.namespace(name);
  if (!space) throw notFound(`There is no namespace ${name}.`);
  return { name, record_count: space.size };
}

function dropNamespace(index: StoredIndex, namespace: string): unknown {
  if (!index.hasNamespace(namespace)) throw notFound(`There is no namespace ${namespace}.`);
  index.write({ kind: 'drop-namespace', namespace });
  return {};
}

function present({ id, values, metadata }: StoredRecord): unknown {
  return { id, values: Array.from(values), metadata };
}

/** Absent and empty both mean the default namespace. */
function namespaceName(given: unknown): string {
  if (given === undefined || given === null || given === '') return DEFAULT_NAMESPACE;
  if (typeof given !== 'string') throw invalidArgument('The namespace must be a string.');
  return given;
}
