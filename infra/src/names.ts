import { indexQueueName } from '../../packages/queue/src/index-queues.ts';

/** Every name and tag of a stack: the only place that makes them. */
export interface Names {
  /** Beginning of all names, and the name where one is enough. */
  readonly stack: string;
  of(part: string): string;
  /** As packages/queue names its three. */
  readonly queues: { live: string; dead: string; refresh: string };
  /** The same for the queues that an operator makes, as patterns of all of them. */
  readonly indexQueues: { live: string; dead: string; refresh: string };
  /** Path of a secret in Secrets Manager. */
  secret(name: string): string;
  repository(image: string): string;
  readonly tags: Record<string, string>;
}

/** @throws Error for a stack's name that AWS would refuse in one place or another. */
export function namesOf(stack: string, environment: string): Names {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(stack) || stack.endsWith('-')) {
    throw new Error(
      `The stack's name "${stack}" becomes part of AWS's names: take up to 20 lower-case letters, digits and inner hyphens, beginning with a letter.`,
    );
  }
  const prefix = `aviary-${stack}`;
  const queuesOf = (name: string) => ({
    live: `${name}.fifo`,
    dead: `${name}-dead.fifo`,
    refresh: `${name}-refresh`,
  });
  return {
    stack: prefix,
    of: (part) => `${prefix}-${part}`,
    queues: queuesOf(prefix),
    indexQueues: queuesOf(indexQueueName(prefix, '*')),
    secret: (name) => `${prefix}/${name}`,
    repository: (image) => `${prefix}/${image}`,
    tags: { Application: 'aviary', Stack: stack, Environment: environment, ManagedBy: 'pulumi' },
  };
}
