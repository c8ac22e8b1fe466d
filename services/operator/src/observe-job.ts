import { marks } from './desired.ts';
import type { KubernetesObject } from './kubernetes/resources.ts';
import { tasks, type ObservedJob } from './observed.ts';

const jobNameLabel = 'batch.kubernetes.io/job-name';

interface JobStatus {
  conditions?: { type: string; status: string; lastTransitionTime?: string }[];
  completionTime?: string;
}

interface PodStatus {
  containerStatuses?: {
    state?: { terminated?: { exitCode: number; message?: string; finishedAt?: string } };
  }[];
}

/** A Job as decisions see it, with what its last container left behind; none when it is not of this generation. */
export function observeJob(
  { apiVersion, kind, metadata, status }: KubernetesObject,
  generation: string,
  pods: readonly KubernetesObject[],
): ObservedJob[] {
  const { name, labels = {} } = metadata;
  const task = tasks.find((known) => known === labels[marks.task]);
  if (task === undefined || labels[marks.set] !== generation) return [];
  const { conditions = [], completionTime } = (status ?? {}) as JobStatus;
  const end = conditions.find(
    ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  const finished = completionTime ?? end?.lastTransitionTime;
  const left = pods
    .filter((pod) => pod.metadata.labels?.[jobNameLabel] === name)
    .flatMap((pod) => (pod.status as PodStatus | undefined)?.containerStatuses ?? [])
    .flatMap(({ state }) => state?.terminated ?? [])
    .toSorted((a, b) => Date.parse(a.finishedAt ?? '') - Date.parse(b.finishedAt ?? ''))
    .at(-1);
  return [
    {
      object: { apiVersion, kind, name },
      task,
      occasion: labels[marks.occasion] ?? '',
      phase: phaseOf(metadata.deletionTimestamp, end?.type),
      finishedAt: end === undefined || finished === undefined ? undefined : Date.parse(finished),
      exitCode: end === undefined ? undefined : left?.exitCode,
      message: end === undefined ? undefined : left?.message,
    },
  ];
}

function phaseOf(deleted: string | undefined, end: string | undefined): ObservedJob['phase'] {
  if (deleted !== undefined) return 'ending';
  if (end === undefined) return 'running';
  return end === 'Complete' ? 'succeeded' : 'failed';
}
