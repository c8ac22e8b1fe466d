import { beforeEach } from 'vitest';
import { reportCluster } from './failure-report.ts';

beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    process.stderr.write(await reportCluster());
  }, 120_000);
});
