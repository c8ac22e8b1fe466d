import { z } from 'zod';

/** A rule in CEL: by it the Kubernetes API server holds what zod holds here. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** The field at fault, as `.min`. */
  readonly fieldPath?: string;
}

/** The rules of schemas, for whoever makes Kubernetes' schema of them. */
const registry = z.registry<{ readonly rules: readonly CelRule[] }>();

export const celRulesOf = (schema: z.core.$ZodType): readonly CelRule[] =>
  registry.get(schema)?.rules ?? [];

/** The schema with rules for the API server alone: such as compare with what was there before, or are in zod already. */
export function onTheServer<Schema extends z.ZodType>(
  schema: Schema,
  ...rules: readonly CelRule[]
): Schema {
  const ruled = schema.clone();
  registry.add(ruled, { rules: [...celRulesOf(schema), ...rules] });
  return ruled;
}

interface Rule<Value> extends Omit<CelRule, 'fieldPath'> {
  /** The same in TypeScript. */
  readonly holds: (value: Value) => boolean;
  /** Of an object: the field that is told of. */
  readonly field?: string;
}

/** The schema with one more rule, in the language of zod and in that of the API server. */
export function obeying<Schema extends z.ZodType>(
  schema: Schema,
  { holds, field, rule, message }: Rule<z.output<Schema>>,
): Schema {
  const path = field === undefined ? {} : { path: [field] };
  return onTheServer(schema.refine(holds, { error: message, ...path }), {
    rule,
    message,
    ...(field !== undefined && { fieldPath: `.${field}` }),
  });
}

/** Text of at most so many characters that fits a pattern as a whole; what it means is said if it does not. */
export function matching(pattern: string, maxLength: number, message: string): z.ZodString {
  const whole = new RegExp(pattern);
  return obeying(z.string().max(maxLength, { error: message, abort: true }), {
    holds: (text) => whole.test(text),
    rule: `self.matches(${celString(pattern)})`,
    message,
  });
}

export const kept = 'cannot be changed: make another SemanticIndex';

/** The schema of what stays as it was made. */
export function immutable<Schema extends z.ZodType>(schema: Schema): Schema {
  return onTheServer(schema, { rule: 'self == oldSelf', message: kept });
}

/** JSON's escapes are CEL's too. */
const celString = (text: string) => JSON.stringify(text);
