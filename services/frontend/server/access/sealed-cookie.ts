import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { sealData, unsealData } from 'iron-session';
import type { z } from 'zod';
import { readCookie, writeCookie } from './cookies.ts';

/**
 * A cookie that only this server can read and make: nothing of it is kept here, so any replica with the same keys
 * takes it.
 */
export class SealedCookie<S extends z.ZodType> {
  readonly #name: string;
  readonly #schema: S;
  readonly #seconds: number;
  readonly #secure: boolean;
  readonly #path: string;
  readonly #newest: Record<string, string>;
  readonly #all: Record<string, string>;

  /**
   * @param options.keys the first seals, all are tried to open.
   * @param options.seconds how long it is good for.
   * @param options.path of the requests that it is sent with.
   */
  constructor(options: {
    name: string;
    schema: S;
    seconds: number;
    keys: readonly string[];
    secure: boolean;
    path?: string;
  }) {
    const { name, schema, seconds, keys, secure, path = '/' } = options;
    // Browsers take a __Host- cookie from this very host alone, by https, and for all of its paths.
    const prefix = path === '/' ? '__Host-' : '__Secure-';
    this.#name = secure ? `${prefix}${name}` : name;
    this.#path = path;
    this.#schema = schema;
    this.#seconds = seconds;
    this.#secure = secure;
    // Each cookie has keys of its own: one cannot be passed off as another.
    const passwords = keys.map((key) => [keyNumber(key), `${name} ${key}`] as const);
    this.#newest = Object.fromEntries(passwords.slice(0, 1));
    this.#all = Object.fromEntries(passwords);
  }

  /** Undefined when there is none, or it is too old, or not of these keys. */
  async read(request: Request): Promise<z.infer<S> | undefined> {
    const seal = readCookie(request, this.#name);
    if (seal === undefined) return undefined;
    const content = await unsealData<unknown>(seal, { password: this.#all, ttl: this.#seconds });
    return this.#schema.safeParse(content).data;
  }

  async write(response: Response, content: z.infer<S>): Promise<void> {
    const seal = await sealData(content, { password: this.#newest, ttl: this.#seconds });
    this.#set(response, seal, this.#seconds);
  }

  clear(response: Response): void {
    this.#set(response, '', 0);
  }

  #set(response: Response, value: string, seconds: number): void {
    writeCookie(response, this.#name, value, {
      secure: this.#secure,
      path: this.#path,
      maxAge: seconds * 1_000,
    });
  }
}

/** By which a seal names its key: the key's own, so that it stays when keys are added or taken away. */
const keyNumber = (key: string) => createHash('sha256').update(key).digest().readUInt32BE(0);
