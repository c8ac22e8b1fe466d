import { z } from 'zod';
import { parseTemplate } from './template.ts';

/** What fits Postgres' names, which are bounded in bytes and cut in silence. */
const tooLong = 'is longer than 63 bytes, the most Postgres keeps of a name';
const identifier = z
  .string()
  .min(1)
  .max(63, { error: tooLong, abort: true })
  .refine((name) => Buffer.byteLength(name) <= 63, { error: tooLong })
  .refine((name) => !name.includes('\0'), { error: 'holds a NUL character' });

const dnsLabel = z.string().regex(/^[a-z]([a-z0-9-]{0,43}[a-z0-9])?$/, {
  error: 'must be 1 to 45 lowercase letters, digits and dashes, beginning with a letter',
});

const textTemplate = z.string().superRefine((template, context) => {
  try {
    parseTemplate(template);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const metadataColumn = identifier.refine((name) => !name.startsWith('aviary_'), {
  error: 'begins with aviary_, which is reserved for what Aviary itself keeps in a record',
});

/** A name of Postgres', such as `english`, or `simple` for words as they are. */
const textSearchConfiguration = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, {
  error: 'must be a text search configuration of Postgres, such as english or simple',
});

/** Which table is kept searchable, and what of it. */
const source = z.strictObject({
  schema: identifier.default('public'),
  table: identifier,
  /** Columns that tell one row from another; the primary key when absent. */
  key: z.array(identifier).min(1).max(8).optional(),
  /** What is embedded: text with `{{column}}` placeholders. */
  text: textTemplate,
  /** Columns kept beside the vector, to filter by. */
  metadata: z.array(metadataColumn).max(64).default([]),
  /** Keyword search over the columns of the text, by an index in Postgres that `aviary install` makes; none when absent. */
  keywords: z.strictObject({ language: textSearchConfiguration }).optional(),
});

/** How text becomes a vector. Changing either field means embedding everything anew. */
const embedding = z.strictObject({
  model: z.string().min(1),
  dimensions: z.int().min(1).max(20_000),
});

/** Where the vectors live. */
const target = z.strictObject({
  index: dnsLabel,
  namespace: z.string().min(1).max(64),
  metric: z.enum(['cosine', 'dotproduct', 'euclidean']).default('cosine'),
});

/** One table kept searchable: the file given to the services and the Kubernetes resource are this schema. */
export const semanticIndexSchema = z.strictObject({
  apiVersion: z.literal('aviary.dev/v1alpha1'),
  kind: z.literal('SemanticIndex'),
  metadata: z.strictObject({ name: dnsLabel }),
  spec: z.strictObject({ source, embedding, target }),
});

type Document = z.infer<typeof semanticIndexSchema>;

/** A validated spec, flattened by its name: what the services work with. */
export type SemanticIndex = Readonly<{ name: string } & Document['spec']>;

/** @throws z.ZodError */
export function toSemanticIndex(document: unknown): SemanticIndex {
  const { metadata, spec } = semanticIndexSchema.parse(document);
  return { name: metadata.name, ...spec };
}
