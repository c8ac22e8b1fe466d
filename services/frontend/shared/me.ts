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
