import { z } from 'zod';

// Zod compiles its checks with eval where it may; the content security policy refuses, and each attempt is
// reported. Imported first: a schema looks at this when it is made.
z.config({ jitless: true });
