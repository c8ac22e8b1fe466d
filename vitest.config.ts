import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services,local,bench,loadtest,cdk8s,charts,e2e}/**/*.test.ts'],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    // Against hangs alone: a machine may be several times slower than ours, and has other work.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    restoreMocks: true,
  },
});
