import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { RequestError } from '../problems.ts';
import type { SignInConfig } from './access-config.ts';
import type { Claims } from './identity-provider.ts';
import { isReading } from './reading-methods.ts';
import { SealedCookie } from './sealed-cookie.ts';

/** A working day: after that people sign in again, and by then who was taken from the provider is out. */
export const sessionSeconds = 8 * 3_600;

/** Posts that change nothing, below /api. */
const readingPosts = new Set(['/search/highlights']);

const sessionSchema = z.strictObject({
  subject: z.string(),
  name: z.string(),
  /** Which of OIDC_EDITORS they were when they signed in: looked up again in the list as it is now. */
  listedAs: z.array(z.string()),
});
export type Session = z.infer<typeof sessionSchema>;

const claimsSchema = z.object({
  sub: z.string(),
  name: z.string().optional().catch(undefined),
  email: z.string().optional().catch(undefined),
  email_verified: z.boolean().optional().catch(undefined),
  groups: z.array(z.string()).catch([]),
});

/** Who has signed in, and whether they may edit. */
export class Editors {
  readonly #cookie: SealedCookie<typeof sessionSchema>;
  readonly #editors: ReadonlySet<string>;

  constructor({ publicUrl, editors, sessionKeys }: SignInConfig) {
    this.#editors = new Set(editors.map(canonical));
    this.#cookie = new SealedCookie({
      name: 'aviary-session',
      schema: sessionSchema,
      seconds: sessionSeconds,
      keys: sessionKeys,
      secure: publicUrl.startsWith('https:'),
    });
  }

  session(request: Request): Promise<Session | undefined> {
    return this.#cookie.read(request);
  }

  mayEdit({ listedAs }: Session): boolean {
    return this.#editors.size === 0 || listedAs.some((name) => this.#editors.has(name));
  }

  async signIn(response: Response, claims: Claims): Promise<void> {
    const { sub, name, email, email_verified: isVerified, groups } = claimsSchema.parse(claims);
    // An address that nobody has verified is whatever its owner typed.
    const names = [...(isVerified === true && email !== undefined ? [email] : []), ...groups];
    await this.#cookie.write(response, {
      subject: sub,
      name: (name ?? email ?? sub).slice(0, 100),
      listedAs: names.map(canonical).filter((listed) => this.#editors.has(listed)),
    });
  }

  signOut(response: Response): void {
    this.#cookie.clear(response);
  }
}

const canonical = (name: string) => name.toLowerCase();

/** Lets everybody read, and whoever may edit change: to be put before all routes of the API. */
export function requireEditor(editors: Editors): RequestHandler {
  return async (request, _response, next) => {
    if (!isReading(request) && !readingPosts.has(request.path)) {
      const session = await editors.session(request);
      if (session === undefined) throw new RequestError(401, 'Sign in to edit.');
      if (!editors.mayEdit(session)) {
        throw new RequestError(403, `${session.name} may read, and not edit.`);
      }
    }
    next();
  };
}
