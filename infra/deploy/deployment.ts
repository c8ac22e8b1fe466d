import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { namesOf, type Names } from '../src/names.ts';
import type { Operations } from '../src/platform.ts';
import { readSettings, type Settings } from '../src/settings.ts';
import {
  readPlatformOutputs,
  type PlatformOutputs,
} from '../../packages/platform-outputs/src/index.ts';
import { StepError, Tools } from './tools.ts';

/** What every step works on: one stack, from one checkout. */
export class Deployment {
  readonly stack: string;
  readonly root: string;
  readonly settings: Settings;
  readonly names: Names;
  readonly tools: Tools;
  readonly environment: Readonly<Record<string, string | undefined>>;

  /**
   * @param environment of the process: credentials and what is given to `make`
   * @throws Error when the stack has no configuration, or a faulty one.
   */
  constructor(root: string, stack: string, environment: Deployment['environment']) {
    this.root = root;
    this.stack = stack;
    this.settings = readSettings(configurationOf(root, stack));
    this.names = namesOf(stack, this.settings.environment);
    this.environment = environment;
    this.tools = new Tools(root, {
      ...environment,
      AWS_REGION: this.settings.region,
      AWS_DEFAULT_REGION: this.settings.region,
      KUBECONFIG: join(root, `.aviary/${stack}.kubeconfig`),
    });
    mkdirSync(join(root, '.aviary'), { recursive: true });
  }

  say(line: string): void {
    process.stdout.write(`${line}\n`);
  }

  /** Pulumi of this stack. */
  pulumi(...args: string[]): string[] {
    return [...args, '--cwd', 'infra', '--stack', this.stack];
  }

  get outputsFile(): string {
    return join(this.root, '.aviary/outputs.json');
  }

  /** @throws Error when `make outputs` has not been run, or wrote for another stack. */
  outputs(): PlatformOutputs {
    const outputs = readPlatformOutputs(this.outputsFile);
    if (outputs.cluster.name === this.names.stack) return outputs;
    throw new StepError(
      `${this.outputsFile} is of the cluster ${outputs.cluster.name}: run "make outputs STACK=${this.stack}" first.`,
    );
  }

  async operations(): Promise<Operations> {
    const told = await this.tools.read(
      'pulumi',
      this.pulumi('stack', 'output', 'operations', '--json'),
    );
    return JSON.parse(told) as Operations;
  }

  /** kubectl in the services' namespace. */
  inNamespace(...args: string[]): string[] {
    return ['--namespace', this.outputs().cluster.namespace, ...args];
  }
}

function configurationOf(root: string, stack: string): unknown {
  const file = join(root, `infra/Pulumi.${stack}.yaml`);
  try {
    const { config } = parse(readFileSync(file, 'utf8')) as { config?: Record<string, unknown> };
    return config?.['aviary:platform'];
  } catch (cause) {
    throw new StepError(
      `There is no configuration ${file} that can be read: copy infra/Pulumi.dev.yaml or infra/Pulumi.prod.yaml (${(cause as Error).message}).`,
      { cause },
    );
  }
}
