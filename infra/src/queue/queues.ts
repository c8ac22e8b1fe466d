import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import {
  onlyOverTls,
  redriveAllowPolicy,
  redrivePolicy,
} from '../../../packages/queue/src/queue-attributes.ts';
import type { Names } from '../names.ts';
import { deadLetterQueue, liveQueue, refreshQueue } from './queue-attributes.ts';

/** The queue between pelican and emu, its dead letters, and requests to read rows anew. */
export class Queues extends pulumi.ComponentResource {
  readonly live: aws.sqs.Queue;
  readonly dead: aws.sqs.Queue;
  readonly refresh: aws.sqs.Queue;

  constructor(names: Names, options: pulumi.ComponentResourceOptions) {
    super('aviary:infra:Queues', 'queues', {}, options);
    const parent = { parent: this };
    this.dead = new aws.sqs.Queue('dead', { name: names.queues.dead, ...deadLetterQueue }, parent);
    this.live = new aws.sqs.Queue(
      'live',
      {
        name: names.queues.live,
        ...liveQueue,
        redrivePolicy: this.dead.arn.apply(redrivePolicy),
      },
      parent,
    );
    this.refresh = new aws.sqs.Queue(
      'refresh',
      { name: names.queues.refresh, ...refreshQueue },
      parent,
    );
    new aws.sqs.RedriveAllowPolicy(
      'dead',
      { queueUrl: this.dead.url, redriveAllowPolicy: this.live.arn.apply(redriveAllowPolicy) },
      parent,
    );
    for (const [name, queue] of Object.entries({
      live: this.live,
      dead: this.dead,
      refresh: this.refresh,
    })) {
      new aws.sqs.QueuePolicy(
        name,
        { queueUrl: queue.url, policy: queue.arn.apply(onlyOverTls) },
        parent,
      );
    }
    this.registerOutputs();
  }
}
