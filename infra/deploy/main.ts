import { join } from 'node:path';
import { apply, wait } from './apply.ts';
import { charts } from './charts.ts';
import { kubeconfig } from './cluster-access.ts';
import { databaseUsers, runSql } from './database.ts';
import { Deployment } from './deployment.ts';
import { destroy } from './destroy.ts';
import { infra, outputs, plan, synth } from './infra.ts';
import { preflight } from './preflight.ts';
import { putSecrets } from './secrets.ts';
import { smoke } from './smoke.ts';

/*
 * `make deploy`, `make destroy` and each of their steps: node infra/deploy/main.ts STEP, with STACK in the environment.
 * Every step may be run again at any time, and `deploy` is nothing but its steps.
 */
type Step = (deployment: Deployment) => Promise<void>;

/** In their order. A key of Pinecone is wanted before its place is made: `infra` has it from the environment then. */
const deploySteps: Record<string, Step> = {
  preflight,
  infra,
  outputs,
  secrets: putSecrets,
  kubeconfig,
  charts,
  synth,
  apply,
  wait,
  smoke,
};
const steps: Record<string, Step> = {
  ...deploySteps,
  'database-users': databaseUsers,
  sql: runSql,
  plan,
  destroy,
};

const [wanted = ''] = process.argv.slice(2);
const chosen = wanted === 'deploy' ? Object.keys(deploySteps) : [wanted];
const stack = process.env.STACK ?? 'dev';
let current = wanted;
try {
  const deployment = new Deployment(join(import.meta.dirname, '../..'), stack, process.env);
  for (const [position, name] of chosen.entries()) {
    current = name;
    const step = steps[name];
    if (step === undefined) {
      throw new Error(
        `There is no step "${name}"; there are deploy, ${Object.keys(steps).join(', ')}.`,
      );
    }
    if (chosen.length > 1) deployment.say(`\n== ${name} (${position + 1} of ${chosen.length})`);
    await step(deployment);
  }
} catch (error) {
  process.stderr.write(`\n${current}: ${(error as Error).message}\n`);
  if (chosen.length > 1 && current !== 'preflight') {
    process.stderr.write(
      `What was done stays. Mend it, then "make deploy STACK=${stack}" goes through all steps again, or "make ${targetOf(current)} STACK=${stack}" through this one.\n`,
    );
  }
  process.exitCode = 1;
}

/** Steps whose names would say too little among all targets of make. */
function targetOf(step: string): string {
  return ['synth', 'apply', 'wait', 'smoke', 'charts'].includes(step) ? `deploy-${step}` : step;
}
