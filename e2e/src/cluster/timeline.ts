import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Cluster } from './cluster.ts';
import { namespace } from './kubectl.ts';

/** One look at the scaling, so many seconds after the timeline's begin. */
export interface Sample {
  seconds: number;
  /** Messages, waiting and in work. */
  backlog: number;
  /** Pods that the autoscaler asks for, that there are, and that are ready. */
  desired: number;
  pods: number;
  ready: number;
}

export interface Timeline extends AsyncDisposable {
  samples: Sample[];
}

/** Records the Deployment `emu` as the API server tells it, and the queue's depth each second. */
export function recordTimeline(cluster: Cluster): Timeline {
  const began = performance.now();
  const samples: Sample[] = [];
  const fields = ['{.spec.replicas}', '{.status.replicas}', '{.status.readyReplicas}'];
  const watch = spawn(
    'kubectl',
    [
      ...['--namespace', namespace, 'get', 'deployment/emu', '--watch'],
      `--output=jsonpath=${fields.join(',')}{"\\n"}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let backlog = 0;
  let [desired, pods, ready] = [0, 0, 0];
  const note = () =>
    samples.push({
      seconds: Math.round((performance.now() - began) / 100) / 10,
      ...{ backlog, desired, pods, ready },
    });
  createInterface({ input: watch.stdout }).on('line', (line) => {
    [desired = 0, pods = 0, ready = 0] = line.split(',').map(Number);
    note();
  });
  const looking = setInterval(() => {
    void cluster.backlog().then(
      (found) => {
        backlog = found;
        note();
      },
      () => undefined,
    );
  }, 1_000);
  return {
    samples,
    [Symbol.asyncDispose]: async () => {
      clearInterval(looking);
      const ended = new Promise((resolve) => watch.once('close', resolve));
      watch.kill();
      await ended;
    },
  };
}
