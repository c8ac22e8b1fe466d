import * as pulumi from '@pulumi/pulumi';

export interface IndexArgs {
  name: string;
  dimension: number;
  metric: 'cosine' | 'dotproduct' | 'euclidean';
  /** AWS region that Pinecone keeps it in. */
  region: string;
  protectedFromDeletion: boolean;
}

/**
 * How Pulumi makes an index: by Pinecone's own SDK. Pulumi keeps this code in its state and runs it from there, so it
 * holds no key and imports what it needs where it needs it; the key is PINECONE_API_KEY of whoever runs Pulumi.
 */
const provider: pulumi.dynamic.ResourceProvider<IndexArgs, IndexArgs> = {
  async create(wanted) {
    const { Pinecone } = await import('@pinecone-database/pinecone');
    const { indexes } = new Pinecone();
    const deletionProtection = wanted.protectedFromDeletion ? 'enabled' : 'disabled';
    const { name, dimension, metric, region } = wanted;
    const found = await indexes.describe(name).catch((error: unknown) => {
      if ((error as Error).name === 'PineconeNotFoundError') return undefined;
      throw error;
    });
    if (found === undefined) {
      await indexes.create({
        name,
        deployment: { deploymentType: 'managed', cloud: 'aws', region },
        schema: { fields: { _values: { type: 'dense_vector', dimension, metric } } },
        deletionProtection,
      });
    } else {
      const field = found.schema.fields._values;
      const same =
        field !== undefined &&
        'dimension' in field &&
        field.dimension === dimension &&
        'metric' in field &&
        field.metric === metric;
      if (!same) {
        throw new Error(
          `There is an index ${name} in Pinecone of another dimension or metric than the specs want (${dimension}, ${metric}): name another index in the specs.`,
        );
      }
      await indexes.configure(name, { deletionProtection });
    }
    return { id: name, outs: wanted };
  },

  async diff(_id, old, wanted) {
    const replaces = (['name', 'dimension', 'metric', 'region'] as const).filter(
      (property) => old[property] !== wanted[property],
    );
    return Promise.resolve({
      changes: replaces.length > 0 || old.protectedFromDeletion !== wanted.protectedFromDeletion,
      replaces,
      deleteBeforeReplace: false,
    });
  },

  async update(id, _old, wanted) {
    const { Pinecone } = await import('@pinecone-database/pinecone');
    await new Pinecone().indexes.configure(id, {
      deletionProtection: wanted.protectedFromDeletion ? 'enabled' : 'disabled',
    });
    return { outs: wanted };
  },

  async delete(id) {
    const { Pinecone } = await import('@pinecone-database/pinecone');
    await new Pinecone().indexes.delete(id).catch((error: unknown) => {
      if ((error as Error).name !== 'PineconeNotFoundError') throw error;
    });
  },
};

/**
 * An index in Pinecone: one that is there already and fits is taken over. Its dimension and metric never change: a
 * spec that wants others names another index, which is filled before the old one goes.
 */
export class ServerlessIndex extends pulumi.dynamic.Resource {
  constructor(name: string, args: IndexArgs, options: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options, 'pinecone', 'ServerlessIndex');
  }
}
