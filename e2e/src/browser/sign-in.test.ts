import { freePort } from '@aviary/local/free-port';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  startIdentityProvider,
  type TestIdentityProvider,
} from '../../../services/frontend/testing/identity-provider.ts';
import { violations } from './axe.ts';
import { findChromium } from './chromium.ts';
import { startWebsite, type Website } from './website.ts';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('a page whose editors sign in', () => {
  let provider: TestIdentityProvider;
  let site: Website;
  beforeAll(async () => {
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    provider = await startIdentityProvider(publicUrl);
    site = await startWebsite(chromium ?? '', {
      ...{ rows: 5, port },
      environment: {
        EDIT_AUTH: 'oidc',
        PUBLIC_URL: publicUrl,
        OIDC_ISSUER: provider.issuer,
        OIDC_CLIENT_ID: provider.clientId,
        OIDC_CLIENT_SECRET: provider.clientSecret,
        SESSION_KEY: 'a key of the test with forty letters in it',
      },
    });
  }, 180_000);
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    provider.close();
  });

  test('brings them back to where they were, and signs them out at the provider too', async () => {
    provider.visitor = {
      ...{ sub: 'alice', name: 'Alice Ames', groups: [] },
      ...{ email: 'alice@example.com', email_verified: true },
    };
    await using visit = await site.open('/?tab=table');
    const { page } = visit;
    const signIn = page.getByRole('button', { name: 'Sign in' });
    await signIn.click();
    await page.getByRole('button', { name: 'Signed in as Alice Ames' }).click();
    expect(new URL(page.url()).searchParams.get('tab')).toBe('table');
    const signOut = page.getByRole('button', { name: 'Sign out' });
    await signOut.waitFor();
    await page.locator('tbody tr').first().waitFor();
    expect(await violations(page)).toEqual([]);

    provider.visitor = undefined;
    await signOut.click();
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await signIn.waitFor();
    expect(page.url()).toBe(`${site.url}/`);
    // The provider asks anew who it is, and nobody says.
    await signIn.click();
    await page.getByText('Signing in did not work').waitFor();
    expect(visit.faults).toEqual([]);
  });
});
