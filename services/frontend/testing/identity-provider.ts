import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** Who signs in, by the claims that the provider tells of them. */
export interface Account {
  sub: string;
  name: string;
  email: string;
  email_verified: boolean;
  groups: string[];
}

/** A real OpenID provider on this machine, where everybody who comes is signed in at once. */
export interface TestIdentityProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Who comes next; undefined: who comes declines. */
  visitor: Account | undefined;
  close: () => void;
}

/** @param publicUrl of the page that people sign in to. */
export async function startIdentityProvider(
  publicUrl: string,
  { endsSessions = true } = {},
): Promise<TestIdentityProvider> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = 'aviary';
  const clientSecret = 'a secret of the test alone';
  const accounts = new Map<string, Account>();
  const running: TestIdentityProvider = {
    issuer,
    clientId,
    clientSecret,
    visitor: undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${publicUrl}/auth/callback`],
        ...(endsSessions && { post_logout_redirect_uris: [`${publicUrl}/`] }),
      },
    ],
    claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email', 'email_verified'] },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => accounts.get(accountId),
    }),
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: endsSessions } },
    interactions: { url: () => '/come-in' },
    cookies: { keys: ['a key of the test alone'] },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url === '/come-in') void comeIn(request, response);
    else answer(request, response);
  });

  async function comeIn(...exchange: Parameters<typeof answer>): Promise<void> {
    const { visitor } = running;
    if (visitor === undefined) {
      await provider.interactionFinished(...exchange, { error: 'access_denied' });
      return;
    }
    accounts.set(visitor.sub, visitor);
    const grant = new provider.Grant({ accountId: visitor.sub, clientId });
    grant.addOIDCScope('openid profile email');
    await provider.interactionFinished(...exchange, {
      login: { accountId: visitor.sub },
      consent: { grantId: await grant.save() },
    });
  }
  return running;
}
