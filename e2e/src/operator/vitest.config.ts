import { defineConfig } from 'vitest/config';

/** `make e2e`, of the operator: one cluster, so one scenario at a time. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.scenario.ts'],
    fileParallelism: false,
    // A scenario waits for pods; every wait in it has a bound of its own.
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    reporters: ['verbose'],
  },
});
