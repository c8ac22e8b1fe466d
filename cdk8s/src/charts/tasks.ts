import type { AuditVariables } from '../../../services/pelican/src/cli/audit.ts';
import type { DropRecordsVariables } from '../../../services/pelican/src/cli/drop-records.ts';
import type { InstallVariables } from '../../../services/pelican/src/cli/install.ts';
import { specsDirectory, specsMount } from '../constructs/semantic-indexes.ts';
import type { TaskProps } from '../constructs/task.ts';
import type { Variables } from '../pods/variables.ts';
import type { WorkerProps } from './chart-props.ts';

const aviary = ['node', 'services/pelican/src/cli/main.ts'];

/** A command of `aviary` as the tables' owner, who makes and removes triggers. */
export function ownersTask({ platform, set }: WorkerProps, ...command: string[]): TaskProps {
  const variables: Variables<InstallVariables> = {
    ...platform.database.variables.owner,
    SPECS: specsDirectory,
  };
  return {
    name: 'install',
    set: set?.name,
    image: platform.images.pelican,
    command: [...aviary, ...command],
    variables,
    mounts: [specsMount(set?.name), ...platform.database.mounts],
    resources: { cpu: { request: '100m', limit: '1' }, memory: '256Mi' },
    to: platform.reach.database,
    retries: platform.database.retries,
    // Mostly seconds; a keyword index over a large table takes its time.
    deadlineSeconds: 3_600,
  };
}

/** `aviary audit` as pelican. */
export function auditTask(
  { platform, set }: WorkerProps,
  { repair, mostExamples }: { repair: boolean; mostExamples?: number },
): TaskProps {
  const { database, queue, sqs, index, images, reach } = platform;
  const variables: Variables<AuditVariables> = {
    ...database.variables.pelican,
    ...sqs,
    ...index,
    SPECS: specsDirectory,
    QUEUE_URL: queue.url,
    REFRESH_QUEUE_URL: queue.refreshUrl,
  };
  return {
    name: 'audit',
    set: set?.name,
    // Whose AWS role and database user it has.
    serviceAccount: 'pelican',
    image: images.pelican,
    command: [
      ...[...aviary, 'audit', '--json'],
      ...(repair ? ['--repair'] : []),
      ...(mostExamples === undefined ? [] : ['--limit-examples', String(mostExamples)]),
    ],
    variables,
    mounts: [specsMount(set?.name), ...database.mounts],
    resources: { cpu: { request: '100m', limit: '1' }, memory: '512Mi' },
    to: [...reach.database, ...reach.queue, ...reach.index],
    // A difference is an answer, and asking again at once gives no better one.
    retries: 0,
    deadlineSeconds: 3_600,
  };
}

/** `aviary drop-records`: for an index whose key pods alone are given. */
export function dropRecordsTask({ platform, set }: WorkerProps): TaskProps {
  const { index, images, reach } = platform;
  const variables: Variables<DropRecordsVariables> = { ...index, SPECS: specsDirectory };
  return {
    // Whose ways it has: they lead to the index.
    name: 'audit',
    set: set?.name,
    serviceAccount: 'pelican',
    image: images.pelican,
    command: [...aviary, 'drop-records', '--yes'],
    variables,
    mounts: [specsMount(set?.name)],
    resources: { cpu: { request: '100m', limit: '1' }, memory: '256Mi' },
    to: reach.index,
    retries: 0,
    deadlineSeconds: 300,
  };
}
