import { RetryableError } from '@aviary/runtime';
import * as oidc from 'openid-client';
import type { SignInConfig } from './access-config.ts';

/** Longest wait for an answer of the provider, in seconds. */
const timeoutSeconds = 5;

/** What has to be the same when the provider sends somebody back. */
export interface Attempt {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** What the provider says of who has signed in. */
export type Claims = Readonly<Record<string, unknown>> & { sub: string };

export interface SignedIn {
  claims: Claims;
  /** Says later whose session is to end. */
  idToken: string;
}

/** The OpenID provider that people sign in with: authorization code with PKCE, tokens verified by the library. */
export class IdentityProvider {
  readonly #config: SignInConfig;
  #discovered: Promise<oidc.Configuration> | undefined;

  constructor(config: SignInConfig) {
    this.#config = config;
  }

  /** Where to send somebody who wants to sign in. @throws RetryableError while the provider is away. */
  async begin(): Promise<{ url: string; attempt: Attempt }> {
    const attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    };
    const url = oidc.buildAuthorizationUrl(await this.#provider(), {
      redirect_uri: `${this.#config.publicUrl}/auth/callback`,
      scope: 'openid profile email',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, attempt };
  }

  /**
   * @param path of the request that the provider sent somebody back with, query and all.
   * @throws Error when they were not signed in, or it is not the answer to this attempt.
   */
  async finish(path: string, attempt: Attempt): Promise<SignedIn> {
    const provider = await this.#provider();
    const tokens = await oidc.authorizationCodeGrant(
      provider,
      new URL(path, this.#config.publicUrl),
      {
        pkceCodeVerifier: attempt.codeVerifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
      },
    );
    const claims = tokens.claims();
    const idToken = tokens.id_token;
    if (claims === undefined || idToken === undefined) {
      throw new Error('The provider gave no ID token.');
    }
    if (provider.serverMetadata().userinfo_endpoint === undefined) return { claims, idToken };
    // Many providers tell name, e-mail and groups here alone.
    const more = await oidc.fetchUserInfo(provider, tokens.access_token, claims.sub);
    return { claims: { ...more, ...claims }, idToken };
  }

  /**
   * Where to send somebody who has signed out here, so that the provider's own session ends too (RP-initiated logout).
   *
   * @param idToken without which providers ask whose session is meant.
   * @returns undefined where the provider has no such place.
   * @throws RetryableError while the provider is away.
   */
  async end(idToken: string | undefined): Promise<string | undefined> {
    const provider = await this.#provider();
    if (provider.serverMetadata().end_session_endpoint === undefined) return undefined;
    return oidc.buildEndSessionUrl(provider, {
      post_logout_redirect_uri: `${this.#config.publicUrl}/`,
      ...(idToken !== undefined && { id_token_hint: idToken }),
    }).href;
  }

  /** Asked once, and again after a failure: a provider that is away keeps nobody from reading. */
  #provider(): Promise<oidc.Configuration> {
    this.#discovered ??= this.#discover().catch((cause: unknown) => {
      this.#discovered = undefined;
      throw new RetryableError('The identity provider does not answer. Try again in a moment.', {
        cause,
      });
    });
    return this.#discovered;
  }

  #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#config;
    const isPlain = issuer.startsWith('http:');
    return oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      timeout: timeoutSeconds,
      // The configuration allows it on this machine alone. Marked as deprecated so that nobody uses it elsewhere.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: isPlain ? [oidc.allowInsecureRequests] : [],
    });
  }
}
