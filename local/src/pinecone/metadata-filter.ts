import { invalidArgument } from './api-error.ts';
import type { Metadata, MetadataValue } from './record-rules.ts';
import { isObject, type JsonObject } from './request-body.ts';

/** Whether a record's metadata passes. */
export type Predicate = (metadata: Metadata) => boolean;

/**
 * Turns a filter of the query language into a predicate: `{ field: value }`, the operators below, several
 * fields or operators meaning all of them. A field that is a list equals each of its items. `$ne` and
 * `$nin` are the negations of `$eq` and `$in`, so that they hold for a record without the field.
 *
 * @throws ApiError that names the operator and the operand it cannot take.
 */
export function compileFilter(filter: unknown): Predicate {
  if (!isObject(filter)) throw invalidArgument('A filter must be an object.');
  const parts = Object.entries(filter).map(([key, operand]) => {
    if (key === '$and') return all(clauses(key, operand));
    if (key === '$or') return any(clauses(key, operand));
    if (key.startsWith('$')) throw invalidArgument(`The filter operator ${key} is unknown.`);
    return compileField(key, operand);
  });
  if (parts.length === 0) throw invalidArgument('A filter must name at least one field.');
  return all(parts);
}

function clauses(operator: string, operand: unknown): Predicate[] {
  if (!Array.isArray(operand) || operand.length === 0) {
    throw invalidArgument(`${operator} takes a non-empty list of filters.`);
  }
  return operand.map(compileFilter);
}

function compileField(field: string, operand: unknown): Predicate {
  const operators: JsonObject = isObject(operand) ? operand : { $eq: operand };
  const tests = Object.entries(operators).map(([operator, value]) => compileTest(operator, value));
  if (tests.length === 0) throw invalidArgument(`The filter of "${field}" has no operator.`);
  return (metadata) => {
    const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
    return tests.every((test) => test(value));
  };
}

type Test = (value: MetadataValue | undefined) => boolean;

function compileTest(operator: string, operand: unknown): Test {
  switch (operator) {
    case '$eq':
      return equals(scalar(operator, operand));
    case '$ne':
      return not(equals(scalar(operator, operand)));
    case '$in':
      return isIn(operator, operand);
    case '$nin':
      return not(isIn(operator, operand));
    case '$gt':
      return compare(operator, operand, (value, limit) => value > limit);
    case '$gte':
      return compare(operator, operand, (value, limit) => value >= limit);
    case '$lt':
      return compare(operator, operand, (value, limit) => value < limit);
    case '$lte':
      return compare(operator, operand, (value, limit) => value <= limit);
    case '$exists':
      if (typeof operand !== 'boolean') throw wrongOperand(operator, 'a boolean', operand);
      return (value) => (value !== undefined) === operand;
    default:
      throw invalidArgument(`The filter operator ${operator} is unknown.`);
  }
}

function equals(operand: string | number | boolean): Test {
  return (value) =>
    value === operand || (Array.isArray(value) && value.includes(operand as string));
}

function isIn(operator: string, operand: unknown): Test {
  if (!Array.isArray(operand)) throw wrongOperand(operator, 'a list', operand);
  const wanted = new Set<unknown>(operand.map((item) => scalar(operator, item)));
  return (value) =>
    wanted.has(value) || (Array.isArray(value) && value.some((item) => wanted.has(item)));
}

function compare(
  operator: string,
  operand: unknown,
  holds: (value: number, limit: number) => boolean,
): Test {
  if (typeof operand !== 'number') throw wrongOperand(operator, 'a number', operand);
  return (value) => typeof value === 'number' && holds(value, operand);
}

function scalar(operator: string, operand: unknown): string | number | boolean {
  if (typeof operand === 'string' || typeof operand === 'number' || typeof operand === 'boolean') {
    return operand;
  }
  throw wrongOperand(operator, 'a string, a number or a boolean', operand);
}

function wrongOperand(operator: string, wanted: string, operand: unknown) {
  return invalidArgument(`${operator} takes ${wanted}, not ${JSON.stringify(operand)}.`);
}

const not =
  (test: Test): Test =>
  (value) =>
    !test(value);

const all =
  (parts: Predicate[]): Predicate =>
  (metadata) =>
    parts.every((part) => part(metadata));

const any =
  (parts: Predicate[]): Predicate =>
  (metadata) =>
    parts.some((part) => part(metadata));
