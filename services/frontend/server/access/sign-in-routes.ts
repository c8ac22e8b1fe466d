import type { Logger } from '@aviary/runtime';
import type { Express, Response } from 'express';
import { z } from 'zod';
import type { Me } from '../../shared/me.ts';
import type { SignInConfig } from './access-config.ts';
import { requireEditor, Editors } from './editors.ts';
import { IdentityProvider } from './identity-provider.ts';
import { SealedCookie } from './sealed-cookie.ts';

/** Longest way through the provider's pages. */
const attemptSeconds = 600;

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
  const attempts = new SealedCookie({
    name: 'aviary-sign-in',
    schema: attemptSchema,
    seconds: attemptSeconds,
    keys: config.sessionKeys,
    secure: config.publicUrl.startsWith('https:'),
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
      await editors.signIn(response, await provider.finish(request.originalUrl, attempt));
    } catch (error) {
      // The error's own properties may hold tokens.
      const { name, message, code } = error as Error & { code?: unknown };
      logger.warn({ event: 'sign_in_failed', reason: `${name}: ${message}`, code });
      response.status(401).type('html').send(failedPage);
      return;
    }
    response.redirect(attempt.returnTo);
  });

  app.post('/auth/sign-out', (_request, response) => {
    editors.signOut(response);
    response.status(204).end();
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
