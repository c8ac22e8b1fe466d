import { integer } from '@aviary/runtime';
import { z } from 'zod';

const list = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const isLoopback = ({ hostname }: URL) => /^(127\.|localhost$|\[::1\]$)/.test(hostname);

/** Who may do what, and how much of it. */
export const accessVariables = {
  /** Address of the page as people have it, such as https://aviary.example.com. */
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .refine((url) => new URL(url).pathname === '/', { error: 'must have no path' })
    .transform((url) => new URL(url).origin)
    .optional(),
  /** Load balancers in front, whose X-Forwarded-For is believed. */
  TRUST_PROXY: integer({ min: 0, max: 10 }).default(0),
  /** Requests of one client in a minute, by each replica of the server; 0: no limit. */
  READS_PER_MINUTE: integer({ min: 0, max: 10_000_000 }).default(6_000),
  WRITES_PER_MINUTE: integer({ min: 0, max: 10_000_000 }).default(600),
  /** Who may edit: everybody who reaches the page, or who has signed in. */
  EDIT_AUTH: z.enum(['none', 'oidc'], { error: 'must be none or oidc' }).default('none'),
  /** The identity provider. */
  OIDC_ISSUER: z
    .url()
    .refine((url) => url.startsWith('https://') || isLoopback(new URL(url)), {
      error: 'must begin with https://',
    })
    .optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  /** Comma-separated verified e-mail addresses, and groups by the claim `groups`; absent: who can sign in. */
  OIDC_EDITORS: z.string().default('').transform(list),
  /** Encrypts the session's cookie, the same for all replicas; further ones, after a comma, are still read. */
  SESSION_KEY: z
    .string()
    .transform(list)
    .pipe(
      z.array(z.string().min(32, { error: 'each key must have at least 32 characters' })).min(1),
    )
    .optional(),
};

type AccessConfig = z.infer<z.ZodObject<typeof accessVariables>>;

/** What signing in needs. */
export interface SignInConfig {
  publicUrl: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  editors: readonly string[];
  /** The first seals. */
  sessionKeys: readonly string[];
}

const needed = [
  'PUBLIC_URL',
  'OIDC_ISSUER',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'SESSION_KEY',
] as const;

/** What EDIT_AUTH=oidc lacks, for the configuration's refinement. */
export function checkAccess(config: AccessConfig, context: z.RefinementCtx): void {
  if (config.EDIT_AUTH === 'none') return;
  for (const name of needed.filter((name) => config[name] === undefined)) {
    context.addIssue({
      code: 'custom',
      path: [name],
      message: 'is not set, and EDIT_AUTH=oidc needs it',
    });
  }
}

/** Undefined where everybody may edit. */
export function signInConfig(config: AccessConfig): SignInConfig | undefined {
  const { PUBLIC_URL, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, SESSION_KEY } = config;
  if (config.EDIT_AUTH === 'none') return undefined;
  return {
    publicUrl: PUBLIC_URL ?? '',
    issuer: OIDC_ISSUER ?? '',
    clientId: OIDC_CLIENT_ID ?? '',
    clientSecret: OIDC_CLIENT_SECRET ?? '',
    editors: config.OIDC_EDITORS,
    sessionKeys: SESSION_KEY ?? [],
  };
}
