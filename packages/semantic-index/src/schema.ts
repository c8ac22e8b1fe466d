import { z } from 'zod';
import { immutable, kept, matching, obeying, onTheServer, type CelRule } from './cel-rules.ts';
import { parseTemplate, templateFaults } from './template.ts';

/** What fits Postgres' names, which are bounded in bytes and cut in silence. */
const tooLong = 'is longer than 63 bytes, the most Postgres keeps of a name';
const identifier = obeying(
  obeying(z.string().min(1).max(63, { error: tooLong, abort: true }), {
    holds: (name) => Buffer.byteLength(name) <= 63,
    rule: 'size(bytes(self)) <= 63',
    message: tooLong,
  }),
  {
    holds: (name) => !name.includes('\0'),
    rule: String.raw`!self.contains('\u0000')`,
    message: 'holds a NUL character',
  },
);

const metadataColumn = obeying(identifier, {
  holds: (name) => !name.startsWith('aviary_'),
  rule: "!self.startsWith('aviary_')",
  message: 'begins with aviary_, which is reserved for what Aviary itself keeps in a record',
});

const label = '^[a-z]([a-z0-9-]{0,43}[a-z0-9])?$';
const labelMessage =
  'must be 1 to 45 lowercase letters, digits and dashes, beginning with a letter';

const textTemplate = onTheServer(
  z
    .string()
    .max(10_000, { abort: true })
    .superRefine((template, context) => {
      try {
        parseTemplate(template);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
    }),
  {
    rule: String.raw`!self.matches(r'\{\{[\s\v\p{Z}\x{FEFF}]*\}\}')`,
    message: templateFaults.emptyPlaceholder,
  },
  ...['{{', '}}'].map((braces) => ({
    // Each pair belongs to a placeholder.
    rule: `self.split('${braces}').size() == self.findAll(r'\\{\\{[^{}]*\\}\\}').size() + 1`,
    message: templateFaults.unmatched,
  })),
  { rule: String.raw`self.matches(r'\{\{[^{}]*\}\}')`, message: templateFaults.noColumn },
);

const address = matching(
  String.raw`^https?://\S+$`,
  1_024,
  'must be an address that begins with https:// or http://',
);
/** One field of cron: values, ranges and steps, separated by commas. */
const cronField = (value: string) => {
  const item = String.raw`(\*|${value}(-${value})?)(/[1-9]\d?)?`;
  return `${item}(,${item})*`;
};
const cron = matching(
  `^${[
    '[0-5]?[0-9]',
    '([01]?[0-9]|2[0-3])',
    '(0?[1-9]|[12][0-9]|3[01])',
    '(0?[1-9]|1[0-2])',
    '[0-6]',
  ]
    .map(cronField)
    .join(' ')}$`,
  100,
  'must be five fields of numbers, as cron has them: minute, hour, day of the month, month, weekday',
);

const secretRef = z.strictObject({
  /** Of a Secret in the same namespace. */
  name: matching(
    '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$',
    253,
    'must be a name of Kubernetes: lowercase letters, digits, dashes and dots',
  ),
});

/** Which table is kept searchable, and what of it. */
const source = z.strictObject({
  /** Of the table, in Postgres. Cannot be changed. */
  schema: immutable(identifier).default('public'),
  /** An ordinary table: no view, no partition. Cannot be changed. */
  table: immutable(identifier),
  /** Columns that tell one row from another; the primary key when absent. Cannot be changed. */
  key: z.array(identifier).min(1).max(8).optional(),
  /** What is embedded: text with `{{column}}` placeholders. A change of it fills a new namespace. */
  text: textTemplate,
  /** Columns kept beside the vector, to filter by. A change of them embeds nothing anew. */
  metadata: z.array(metadataColumn).max(64).default([]),
  /** Keyword search over the columns of the text, by an index in Postgres that `aviary install` makes; none when absent. */
  keywords: z
    .strictObject({
      /** A text search configuration of Postgres, such as `english`, or `simple` for words as they are. */
      language: matching(
        '^[a-z_][a-z0-9_]{0,62}$',
        63,
        'must be a text search configuration of Postgres, such as english or simple',
      ),
    })
    .optional(),
  /**
   * Secret with the database's postgres:// addresses: `owner-url` as the owner of the tables, `pelican-url` as the user
   * that reads changes. Aviary's own database when absent; the page searches no other.
   */
  secretRef: secretRef.optional(),
  /** Whether the users of those addresses log in to RDS by IAM token, in place of a password. */
  iamAuth: z.boolean().default(false),
});

/** How text becomes a vector. A change of model or dimensions fills a new namespace. */
const embedding = z.strictObject({
  /** As the embedding service calls it, such as `text-embedding-3-small`. */
  model: z.string().min(1).max(200),
  /** A Pinecone index has but one number of dimensions: another needs another `target.index` too. */
  dimensions: z.int().min(1).max(20_000),
  /** Of an embedding service with OpenAI's interface, which is sent the key; the one of Aviary's settings when absent. */
  baseURL: address.optional(),
  /** Secret with `OPENAI_API_KEY`; Aviary's own when absent. The page has its own alone, and searches no index with both this and baseURL. */
  secretRef: secretRef.optional(),
});

/** Where the vectors live. */
const target = z.strictObject({
  /** Name of the Pinecone index, which is made if it is not there. A change of it fills the other. */
  index: matching(label, 45, labelMessage),
  /** This table's alone. When vectors are made anew, that is done in one with a number behind it. Cannot be changed. */
  namespace: immutable(z.string().min(1).max(64)),
  /** How vectors are compared. Cannot be changed. */
  metric: immutable(z.enum(['cosine', 'dotproduct', 'euclidean'])).default('cosine'),
  /** Secret with `PINECONE_API_KEY`; Aviary's own when absent. The page has its own alone, and searches no such index. */
  secretRef: secretRef.optional(),
});

/** How many emus there are: as many as the queue's messages ask for. What is absent is as in Aviary's settings. */
const scaling = obeying(
  z.strictObject({
    /** Pods at least. 0 lets an idle index cost nothing; the first change then waits for a pod to start. */
    min: z.int().min(0).max(1_000).optional(),
    /** Pods at most: what the embedding quota can feed. */
    max: z.int().min(1).max(1_000).optional(),
    /** Messages, waiting and in work, for one pod: what one clears within the freshness wanted. */
    backlogPerPod: z.int().min(1).max(100_000).optional(),
    /** From the last message to no pod at all, in seconds; of no meaning when min is above 0. */
    cooldownSeconds: z.int().min(0).max(86_400).optional(),
  }),
  {
    holds: ({ min = 0, max = 1_000 }) => min <= max,
    field: 'min',
    rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
    message: 'must be at most max',
  },
);

/** A wish to have all rows sent again. A new index is filled without one. */
const backfill = z.strictObject({
  /** Any text: another one than before asks for another backfill. */
  requestId: z.string().min(1).max(64).optional(),
  /** Most rows a second, over all pelicans; as fast as the queue takes them when absent. */
  ratePerSecond: z.int().min(1).max(1_000_000).optional(),
});

/** When table and index are compared by a Job. Pelican does so once a day by itself, and repairs. */
const audit = z.strictObject({
  /** As cron has it, in UTC. */
  schedule: cron,
  /** Whether what differs is also sent again. */
  repair: z.boolean().default(false),
});

/** What may be given or not, as it was. */
const keptAsMade = (field: string): CelRule => ({
  rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
  message: kept,
  fieldPath: `.${field}`,
});

/** One table kept searchable. */
export const specSchema = onTheServer(
  z.strictObject({
    /** `Paused`: changes are captured and wait in Postgres. `Stopped`: nothing is captured either; going on fills the index anew. */
    state: z.enum(['Running', 'Paused', 'Stopped']).default('Running'),
    source: obeying(onTheServer(source, keptAsMade('key')), {
      holds: ({ iamAuth, secretRef: secret }) => !iamAuth || secret !== undefined,
      field: 'iamAuth',
      rule: '!self.iamAuth || has(self.secretRef)',
      message: 'needs secretRef, whose addresses name host and users',
    }),
    embedding,
    target,
    scaling: scaling.optional(),
    backfill: backfill.optional(),
    audit: audit.optional(),
    /** When this is deleted: `Delete` takes away the queues, the records and what captures changes, `Retain` only what works. */
    deletionPolicy: z.enum(['Retain', 'Delete']).default('Retain'),
  }),
  {
    rule: 'self.embedding.dimensions == oldSelf.embedding.dimensions || self.target.index != oldSelf.target.index',
    message:
      'can change together with target.index only: a Pinecone index has but one number of dimensions',
    fieldPath: '.embedding.dimensions',
  },
);

/** One table kept searchable: the file given to the services and the Kubernetes resource are this schema. */
export const semanticIndexSchema = onTheServer(
  z.strictObject({
    apiVersion: z.literal('aviary.dev/v1alpha1'),
    kind: z.literal('SemanticIndex'),
    metadata: z.strictObject({
      name: matching(label, 45, labelMessage),
      namespace: z.string().optional(),
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
    spec: specSchema,
  }),
  // Of a resource's metadata its schema may say nothing. The number of a generation is put behind its names.
  { rule: `self.metadata.name.matches('${label}')`, message: `metadata.name ${labelMessage}` },
  {
    rule: 'size(self.metadata.name) <= 36',
    message: 'metadata.name must be at most 36 characters long',
  },
  {
    rule: 'size(self.spec.target.namespace) <= 55',
    message: 'must be at most 55 characters long',
    fieldPath: '.spec.target.namespace',
  },
);

/** On a spec that an operator wrote: what its active generation is called. */
export const capturedAsAnnotation = 'aviary.dev/source';

/** All that a resource says, with defaults filled in. */
export type SemanticIndexSpec = Readonly<z.output<typeof specSchema>>;

/** The part of a validated spec that the services work with, flattened by its name. */
export type SemanticIndex = Readonly<{
  name: string;
  /** Its name in Postgres, in jobs and in metrics, where an operator has given it another than `name`. */
  capturedAs?: string;
  source: Omit<SemanticIndexSpec['source'], 'iamAuth'>;
  embedding: SemanticIndexSpec['embedding'];
  target: SemanticIndexSpec['target'];
}>;

/** What the services are told of a spec: the rest is for who runs them. */
export function servicePart(name: string, spec: SemanticIndexSpec): SemanticIndex {
  const { schema, table, key, text, metadata, keywords, secretRef: database } = spec.source;
  return {
    name,
    source: {
      schema,
      table,
      ...(key && { key }),
      text,
      metadata,
      ...(keywords && { keywords }),
      ...(database && { secretRef: database }),
    },
    embedding: spec.embedding,
    target: spec.target,
  };
}

/** @throws z.ZodError */
export function toSemanticIndex(document: unknown): SemanticIndex {
  const { metadata, spec } = semanticIndexSchema.parse(document);
  const capturedAs = metadata.annotations?.[capturedAsAnnotation];
  return { ...servicePart(metadata.name, spec), ...(capturedAs !== undefined && { capturedAs }) };
}
