import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from './deployment.ts';
import { apiKeys, hasValue } from './secrets.ts';
import { StepError } from './tools.ts';

/** A tool, how it says that it works, and where it comes from. */
const wantedTools: [tool: string, args: string[], remedy: string][] = [
  ['git', ['--version'], 'install Git'],
  ['curl', ['--version'], 'install curl'],
  ['pulumi', ['version'], 'install the Pulumi CLI, https://www.pulumi.com/docs/install'],
  ['aws', ['--version'], 'install the AWS CLI, version 2'],
  ['docker', ['info'], 'install Docker, and start it'],
  ['docker', ['buildx', 'version'], "install Docker's buildx"],
  ['kubectl', ['version', '--client'], 'install kubectl'],
  ['helm', ['version'], 'install Helm'],
];

/** Quotas of an account that a platform uses up, by their code. */
const addressQuota = 'L-0263D0A3';
const processorQuota = 'L-1216C47A';
/** Two nodes of the size that Auto Mode takes for a small platform, and two while they are replaced. */
const processorsWanted = 16;

/**
 * Looks at everything a deployment needs before anything is made.
 *
 * @throws StepError that says all that is missing at once, each with its remedy.
 */
export async function preflight(deployment: Deployment): Promise<void> {
  const { tools, settings } = deployment;
  const missing: string[] = [];
  const node = Number(process.versions.node.split('.')[0]);
  if (node < 22)
    missing.push(
      `Node.js ${process.versions.node} is too old: run it by make, which brings its own`,
    );
  for (const [tool, args, remedy] of wantedTools) {
    if ((await tools.ask(tool, args)) === undefined)
      missing.push(`${[tool, ...args].join(' ')} fails: ${remedy}`);
  }
  // Without the tools the rest could only be guessed at.
  if (missing.length === 0) {
    const found = await Promise.all([
      checkout(deployment),
      pulumiLogin(deployment),
      account(deployment),
    ]);
    missing.push(...found.flat());
  }
  if (missing.length > 0) {
    throw new StepError(
      `${missing.length} thing(s) are missing, and nothing has been made:\n${missing.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
  deployment.say(`Everything is there to deploy ${deployment.names.stack} to ${settings.region}.`);
}

async function checkout({ tools }: Deployment): Promise<string[]> {
  // The stacks' files are in no image, and Pulumi itself writes into them.
  const changed = await tools.ask('git', [
    ...['status', '--porcelain', '--', '.', ':!infra/Pulumi.*.yaml'],
  ]);
  return changed === ''
    ? []
    : ['the checkout has changes: commit them, since images are named after the commit'];
}

async function pulumiLogin({ tools, environment, root, stack }: Deployment): Promise<string[]> {
  const told = await tools.ask('pulumi', ['whoami', '--json', '--cwd', 'infra']);
  if (told === undefined) {
    return ['Pulumi has no place for its state: run "pulumi login s3://BUCKET" or "pulumi login"'];
  }
  const { url } = JSON.parse(told) as { url: string };
  // Pulumi's own service encrypts by itself; a stack elsewhere may name a key, else a passphrase is asked for.
  const encrypted =
    url.startsWith('https://') ||
    environment.PULUMI_CONFIG_PASSPHRASE !== undefined ||
    environment.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined ||
    /^secretsprovider:/m.test(readFileSync(join(root, `infra/Pulumi.${stack}.yaml`), 'utf8'));
  return encrypted
    ? []
    : [
        `PULUMI_CONFIG_PASSPHRASE: Pulumi encrypts by it what is secret in ${url}; set it, to the same for every call`,
      ];
}

async function account(deployment: Deployment): Promise<string[]> {
  const { tools, settings, stack } = deployment;
  const { region } = settings;
  if ((await tools.ask('aws', ['sts', 'get-caller-identity'])) === undefined) {
    return ['AWS does not know you: run "aws sso login", or set AWS_PROFILE'];
  }
  const missing: string[] = [];
  const number = async (...args: string[]) => {
    const told = await tools.ask('aws', [...args, '--output', 'text']);
    return told === undefined ? undefined : Number(told);
  };
  const zones = await number(
    ...['ec2', 'describe-availability-zones', '--query', 'length(AvailabilityZones)'],
  );
  if (zones === undefined)
    missing.push(`the region ${region} does not answer: is it enabled in this account?`);
  else if (zones < settings.availabilityZones) {
    missing.push(
      `${region} has ${zones} zones for ${settings.availabilityZones}: lower platform.availabilityZones`,
    );
  }
  const quota = (code: string) =>
    number(
      ...['service-quotas', 'get-service-quota', '--service-code', 'ec2', '--quota-code', code],
      ...['--query', 'Quota.Value'],
    );
  const addresses = ['ec2', 'describe-addresses', '--query', 'length(Addresses)'];
  const [allowed, taken, own, processors] = await Promise.all([
    quota(addressQuota),
    number(...addresses),
    number(
      ...addresses,
      '--filters',
      'Name=tag:Application,Values=aviary',
      `Name=tag:Stack,Values=${stack}`,
    ),
    quota(processorQuota),
  ]);
  const wanted = settings.natGateways - (own ?? 0);
  if (allowed !== undefined && taken !== undefined && taken + wanted > allowed) {
    missing.push(
      `${wanted} more elastic IP addresses are wanted and ${allowed - taken} are left: ask AWS for more (quota ${addressQuota}), or lower platform.natGateways`,
    );
  }
  if (processors !== undefined && processors < processorsWanted) {
    missing.push(
      `${processors} processors are allowed and ${processorsWanted} wanted: ask AWS for more (quota ${processorQuota})`,
    );
  }
  for (const { variables, name } of apiKeys(deployment)) {
    const given = variables.every((variable) => deployment.environment[variable]);
    if (given || (await hasValue(deployment, name))) continue;
    missing.push(
      `${variables.join(' and ')}: set it for this call; it is kept in Secrets Manager from then on`,
    );
  }
  return missing;
}
