import type { Logger } from '@aviary/runtime';
import type { Express, Response } from 'express';
import { z } from 'zod';
import type { Me, SignedOut } from '../../shared/me.ts';
import type { SignInConfig } from './access-config.ts';
import { requireEditor, Editors, sessionSeconds } from './editors.ts';
import { IdentityProvider } from './identity-provider.ts';
import { SealedCookie } from './sealed-cookie.ts';

/** Longest way through the provider's pages. */
const attemptSeconds = 600;

/** A browser keeps a cookie of 4 kB; sealed, a token takes a third more. */
const longestIdToken = 2_500;

const signOutPath = '/auth/sign-out';

const attemptSchema = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
});

/**
 * Signing in and out, and from then on the API's routes change nothing for those who may not edit. Without a
 * configuration everybody may.
 */
export function addSignIn(app: Express, config: SignInConfig | undefined, logger: Logger): void {
  if (config === undefined) {
    app.get('/api/me', (_request, response: Response<Me>) => {
      response.json({ canSignIn: false, name: null, mayEdit: true });
    });
    return;
  }
  const editors = new Editors(config);
  const provider = new IdentityProvider(config);
  const sealing = {
    keys: config.sessionKeys,
    secure: config.publicUrl.startsWith('https:'),
  };
  const attempts = new SealedCookie({
    name: 'aviary-sign-in',
    schema: attemptSchema,
    seconds: attemptSeconds,
    ...sealing,
  });
  const idTokens = new SealedCookie({
    name: 'aviary-id-token',
    schema: z.string(),
    seconds: sessionSeconds,
    path: signOutPath,
    ...sealing,
  });

  app.get('/api/me', async (request, response: Response<Me>) => {
    const session = await editors.session(request);
    response.json({
      canSignIn: true,
      name: session?.name ?? null,
      mayEdit: session !== undefined && editors.mayEdit(session),
    });
  });

  app.get('/auth/sign-in', async (request, response) => {
    const { url, attempt } = await provider.begin();
    const returnTo = ownAddress(request.query.return, config.publicUrl);
    await attempts.write(response, { ...attempt, returnTo });
    response.redirect(url);
  });

  app.get('/auth/callback', async (request, response) => {
    const attempt = await attempts.read(request);
    attempts.clear(response);
    try {
      if (attempt === undefined) throw new Error('no attempt under way');
      const { claims, idToken } = await provider.finish(request.originalUrl, attempt);
      await editors.signIn(response, claims);
      if (idToken.length <= longestIdToken) await idTokens.write(response, idToken);
      else idTokens.clear(response);
    } catch (error) {
      // The error's own properties may hold tokens.
      const { name, message, code } = error as Error & { code?: unknown };
      logger.warn({ event: 'sign_in_failed', reason: `${name}: ${message}`, code });
      response.status(401).type('html').send(failedPage);
      return;
    }
    response.redirect(attempt.returnTo);
  });

  app.post(signOutPath, async (request, response: Response<SignedOut>) => {
    const idToken = await idTokens.read(request);
    editors.signOut(response);
    idTokens.clear(response);
    // The session here ends in any case.
    const continueAt = await provider.end(idToken).catch((error: unknown) => {
      logger.warn({ event: 'sign_out_incomplete', reason: String(error) });
      return undefined;
    });
    response.json({ continueAt: continueAt ?? null });
  });

  app.use('/api', requireEditor(editors));
}

/** A place on this site, whatever was asked for: as a whole address, since a path may begin like a host. */
function ownAddress(wanted: unknown, publicUrl: string): string {
  const start = `${publicUrl}/`;
  if (typeof wanted !== 'string' || !URL.canParse(wanted, start)) return start;
  const url = new URL(wanted, start);
  return url.origin === publicUrl ? url.href : start;
}

const failedPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Aviary</title>
<h1>Signing in did not work</h1>
<p>It took too long, or was broken off. <a href="/auth/sign-in">Try again</a>, or <a href="/">go on without</a>.</p></html>`;
