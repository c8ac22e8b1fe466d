import { hash } from 'node:crypto';

/**
 * Tells whether a stored vector is still that of a text: equal hashes mean the same text under the same
 * model and dimension. 128 bits of SHA-256, base64url.
 */
export function contentHash(text: string, model: string, dimensions: number): string {
  return hash('sha256', `${model}\n${dimensions}\n${text}`, 'base64url').slice(0, 22);
}
