import { execFileSync } from 'node:child_process';
import * as aws from '@pulumi/aws';
import * as docker from '@pulumi/docker-build';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from './names.ts';

type Service = 'pelican' | 'emu' | 'frontend' | 'operator';

/** Of the nodes: Auto Mode's own node pool for workloads takes no other. */
const nodePlatform = 'linux/amd64';

/**
 * Built from this checkout, pushed under the commit's name, scanned, and given out by digest: who goes back to a commit
 * builds and pushes it again, and what runs stays what it was.
 */
export class Images extends pulumi.ComponentResource {
  /** As registry/name@sha256:… */
  readonly references: Record<Exclude<Service, 'operator'>, pulumi.Output<string>> & {
    operator?: pulumi.Output<string>;
  };

  constructor(
    names: Names,
    { commit, operator, expendable }: { commit: string; operator: boolean; expendable: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Images', 'images', {}, options);
    const parent = { parent: this };
    const referenceOf = (service: Service) => {
      const repository = new aws.ecr.Repository(
        service,
        {
          name: names.repository(service),
          imageScanningConfiguration: { scanOnPush: true },
          forceDelete: expendable,
        },
        parent,
      );
      new aws.ecr.LifecyclePolicy(
        service,
        { repository: repository.name, policy: JSON.stringify(keepNewest) },
        parent,
      );
      const image = new docker.Image(
        service,
        {
          tags: [pulumi.interpolate`${repository.repositoryUrl}:${commit}`],
          context: { location: '..' },
          dockerfile: { location: `../services/${service}/Dockerfile` },
          platforms: [nodePlatform],
          buildOnPreview: false,
          push: true,
        },
        parent,
      );
      return pulumi.interpolate`${repository.repositoryUrl}@${image.digest}`;
    };
    this.references = {
      pelican: referenceOf('pelican'),
      emu: referenceOf('emu'),
      frontend: referenceOf('frontend'),
      ...(operator ? { operator: referenceOf('operator') } : {}),
    };
    this.registerOutputs();
  }
}

/** Some thirty builds: each is an index, an image and what is known of its making. */
const keepNewest = {
  rules: [
    {
      rulePriority: 1,
      description: 'the newest',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 90 },
      action: { type: 'expire' },
    },
  ],
};

/** Of the checkout that this program is part of, abbreviated. */
export function currentCommit(): string {
  return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
}
