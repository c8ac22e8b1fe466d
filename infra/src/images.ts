import { execFileSync } from 'node:child_process';
import * as aws from '@pulumi/aws';
import * as docker from '@pulumi/docker-build';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from './names.ts';

type Service = 'pelican' | 'emu' | 'frontend';

/** Of the nodes: Auto Mode's own node pool for workloads takes no other. */
const nodePlatform = 'linux/amd64';

/** Built from this checkout, pushed under the commit's name, scanned, and given out by digest. */
export class Images extends pulumi.ComponentResource {
  /** As registry/name@sha256:… */
  readonly references: Record<Service, pulumi.Output<string>>;

  /** @param commit of the checkout, since a tag that is once pushed never means anything else. */
  constructor(
    names: Names,
    { commit, expendable }: { commit: string; expendable: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super('aviary:infra:Images', 'images', {}, options);
    const parent = { parent: this };
    const referenceOf = (service: Service) => {
      const repository = new aws.ecr.Repository(
        service,
        {
          name: names.repository(service),
          imageTagMutability: 'IMMUTABLE',
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
    };
    this.registerOutputs();
  }
}

/** A rollback finds the last 30 commits' images. */
const keepNewest = {
  rules: [
    {
      rulePriority: 1,
      description: 'the newest',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 30 },
      action: { type: 'expire' },
    },
  ],
};

/** Of the checkout that this program is part of, abbreviated. */
export function currentCommit(): string {
  return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
}
