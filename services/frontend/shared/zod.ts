import { z } from 'zod';

// Zod compiles its checks with eval where it may; the page's content security policy refuses, and each attempt
// is reported. A schema looks at this when it is made, so every shared schema takes its `z` from here.
z.config({ jitless: true });

export { z };
