import { celRulesOf, type CelRule } from '@aviary/semantic-index';
import { z } from 'zod';

/** What Kubernetes takes of OpenAPI: every value has one type, and what is not named is taken out. */
export interface StructuralSchema {
  type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  format?: string;
  default?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  'x-kubernetes-validations'?: CelRule[];
  'x-kubernetes-list-type'?: 'map';
  'x-kubernetes-list-map-keys'?: string[];
}

/** What zod's own JSON schema says beyond that. */
const foreign = ['additionalProperties', 'pattern'] as const;

/**
 * The schema as the API server holds it: with the rules that have a form in CEL, and the fields' docstrings.
 *
 * @throws Error where zod's schema says what Kubernetes cannot: a union, or a value of any type
 */
export function structuralSchema(
  schema: z.ZodType,
  docstrings: ReadonlyMap<string, string>,
): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      for (const keyword of foreign) Reflect.deleteProperty(jsonSchema, keyword);
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.type === 'integer') jsonSchema.format = 'int64';
      const rules = celRulesOf(zodSchema);
      if (rules.length > 0) jsonSchema['x-kubernetes-validations'] = rules;
    },
  }) as unknown as StructuralSchema & { $schema?: string };
  delete json.$schema;
  return described(json, '', docstrings);
}

function described(
  schema: StructuralSchema,
  path: string,
  docstrings: ReadonlyMap<string, string>,
): StructuralSchema {
  if ((schema.type as string | undefined) === undefined) {
    throw new Error(`${path} has no type of its own, which Kubernetes demands: no union, no any`);
  }
  const { type, properties, items, ...rest } = schema;
  const description = docstrings.get(path);
  return {
    type,
    ...(description !== undefined && { description }),
    ...rest,
    ...(items && { items: described(items, `${path}[]`, docstrings) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          described(field, path === '' ? name : `${path.replace('[]', '')}.${name}`, docstrings),
        ]),
      ),
    }),
  };
}
