import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['{src,deploy,test}/**/*.test.ts'],
    globalSetup: ['../packages/testing/src/global-setup.ts'],
    // Each starts processes of its own, on a machine with other work.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    restoreMocks: true,
  },
});
