import { z } from './zod.ts';

/** Who looks at the page, and what for. */
export const meSchema = z.strictObject({
  /** Whether editing asks people to sign in. */
  canSignIn: z.boolean(),
  /** Of who has signed in. */
  name: z.string().nullable(),
  mayEdit: z.boolean(),
});
export type Me = z.infer<typeof meSchema>;

/** What signing out leads to. */
export const signedOutSchema = z.strictObject({
  /** Where the identity provider ends its own session; null where it has no such place, or is away. */
  continueAt: z.string().nullable(),
});
export type SignedOut = z.infer<typeof signedOutSchema>;
