import type { SemanticIndex } from '@aviary/semantic-index';

/**
 * Why the page cannot search an index that others keep in step: it has one key of each kind, and one database.
 *
 * @returns undefined where it can. A key of its own for the usual embedding service is none of the page's business: the
 *   page's own gives the same vectors.
 */
export function whyNotHere({ source, embedding, target }: SemanticIndex): string | undefined {
  const wants = (what: string, { name }: { name: string }) =>
    `It is kept in step and cannot be searched here: ${what} Secret ${name}, which this page does not have.`;
  if (source.secretRef) return wants('its table is in the database of', source.secretRef);
  if (target.secretRef) return wants('its Pinecone index wants the key in', target.secretRef);
  if (embedding.baseURL !== undefined && embedding.secretRef)
    return wants(`${embedding.baseURL} wants the key in`, embedding.secretRef);
  return undefined;
}
