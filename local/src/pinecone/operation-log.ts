import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writevSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Operation } from './operation.ts';

/** Bytes of the JSON part, bytes of the vectors, and the checksum of both, each an unsigned 32-bit integer. */
const FRAME_BYTES = 12;

/**
 * An append-only file of operations. An append is in the page cache when it returns, so that it survives
 * the death of this process by any signal, though not that of the machine. A frame torn by such a death
 * was never acknowledged: replay ends before it and cuts it off.
 */
export class OperationLog {
  readonly #file: number;
  #end: number;

  /** Opens the file, hands each operation in it to `replay`, and appends from there on. */
  constructor(path: string, replay: (operation: Operation) => void) {
    this.#file = openSync(path, 'a+');
    this.#end = this.#replay(replay);
    ftruncateSync(this.#file, this.#end);
  }

  get bytes(): number {
    return this.#end;
  }

  append(operation: Operation): void {
    const { values, ...rest } = { values: new Float32Array(0), ...operation };
    const json = Buffer.from(JSON.stringify(rest));
    const vectors = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const frame = Buffer.allocUnsafe(FRAME_BYTES);
    frame.writeUInt32LE(json.length, 0);
    frame.writeUInt32LE(vectors.length, 4);
    frame.writeUInt32LE(crc32(vectors, crc32(json)), 8);
    this.#end += writevSync(this.#file, [frame, json, vectors]);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** @returns where the last whole frame ends. */
  #replay(replay: (operation: Operation) => void): number {
    const size = fstatSync(this.#file).size;
    const frame = Buffer.allocUnsafe(FRAME_BYTES);
    let at = 0;
    while (at + FRAME_BYTES <= size) {
      readSync(this.#file, frame, 0, FRAME_BYTES, at);
      const jsonBytes = frame.readUInt32LE(0);
      const vectorBytes = frame.readUInt32LE(4);
      const end = at + FRAME_BYTES + jsonBytes + vectorBytes;
      if (end > size) break;
      const json = Buffer.allocUnsafe(jsonBytes);
      // A buffer of its own: floats need an aligned start.
      const vectors = new Uint8Array(vectorBytes);
      readSync(this.#file, json, 0, jsonBytes, at + FRAME_BYTES);
      readSync(this.#file, vectors, 0, vectorBytes, at + FRAME_BYTES + jsonBytes);
      if (crc32(vectors, crc32(json)) !== frame.readUInt32LE(8)) break;
      const rest = JSON.parse(json.toString()) as Operation;
      replay({ ...rest, values: new Float32Array(vectors.buffer) } as Operation);
      at = end;
    }
    return at;
  }
}
