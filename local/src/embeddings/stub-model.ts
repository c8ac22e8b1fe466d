import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { EmbeddingModel } from './embedding-model.ts';

export interface StubOptions {
  /** Milliseconds every request takes. */
  baseMs: number;
  /** Milliseconds each text adds. */
  perTextMs: number;
  dimensions: number;
}

const piecesPerPart = 1_024;

/**
 * Answers by timer, with vectors that cost next to nothing: each is three pieces of base64, taken by ten
 * bits each of the text's CRC from prepared pieces. Equal texts get equal vectors; two texts share one
 * with a chance of 1 in 2^30.
 */
export function createStubModel(options: StubOptions): EmbeddingModel {
  const { baseMs, perTextMs, dimensions } = options;
  // Three floats are 12 bytes, 16 base64 characters without padding: pieces of such lengths can be joined.
  const partLength = 3 * Math.floor(dimensions / 9);
  const lengths = [partLength, partLength, dimensions - 2 * partLength] as const;
  const random = createRandom(1);
  const [first, second, third] = lengths.map((length) =>
    Array.from({ length: piecesPerPart }, () => createPiece(length, dimensions, random)),
  ) as [string[], string[], string[]];
  return {
    dimensions,
    async embed(texts, signal) {
      await delay(baseMs + perTextMs * texts.length, undefined, { signal });
      let tokens = 0;
      const vectors = texts.map((text) => {
        tokens += Math.ceil(Buffer.byteLength(text) / 4);
        const hash = crc32(text);
        return `${first[hash & 1023] ?? ''}${second[(hash >>> 10) & 1023] ?? ''}${third[(hash >>> 20) & 1023] ?? ''}`;
      });
      return { vectors, tokens };
    },
    close: () => Promise.resolve(),
  };
}

/** A random direction whose squared length is the piece's share of the dimensions, so that three make 1. */
function createPiece(length: number, dimensions: number, random: () => number): string {
  const piece = Float32Array.from({ length }, () => random() - 0.5);
  const scale = Math.sqrt(length / dimensions) / Math.hypot(...piece);
  for (const [index, value] of piece.entries()) piece[index] = value * scale;
  return Buffer.from(piece.buffer).toString('base64');
}

/** Mulberry32: small, fast, and the same on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
