import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services,local,bench,loadtest,cdk8s,charts,e2e}/**/*.test.ts'],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    restoreMocks: true,
  },
});
