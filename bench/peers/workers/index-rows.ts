import OpenAI from 'openai';
import { Pinecone } from '@pinecone-database/pinecone';

/** What all peers do with a row, by the makers' own clients: embed its text, write it to the index. */

/** A row as its peer read it, from the table or from a message. */
export interface Row {
  id: number | string;
  name: string;
  sku: string;
  description: string;
  price: number | string;
}

const { PINECONE_API_KEY = '', PINECONE_CONTROLLER_URL = '' } = process.env;
const openai = new OpenAI();
const pinecone = new Pinecone({
  apiKey: PINECONE_API_KEY,
  controllerHostUrl: PINECONE_CONTROLLER_URL,
});
const index = pinecone.index({ name: 'aviary', namespace: 'products' });

/** Embeds rows by one request and writes them by another; their ids must differ. */
export async function indexRows(rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { data } = await openai.embeddings.create({
    model: 'text-embedding-3-small',
    dimensions: 384,
    input: rows.map(({ name, description }) => `${name}\n${description}`),
  });
  await index.upsert({
    records: rows.map(({ id, name, sku, price }, i) => ({
      id: String(id),
      values: data[i]?.embedding ?? [],
      metadata: { name, sku, price: Number(price) },
    })),
  });
}

export async function removeRows(ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await index.deleteMany({ ids: [...ids] });
}
