import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { fixedWorkers, operatorsOwn } from '../deploy/operator.ts';
import { FakeTools, type Answer } from './fake-tools.ts';
import { register, root as infra, type RegisteredPlatform } from './register.ts';

const repository = join(infra, '..');
let platform: RegisteredPlatform;
/** A checkout of its own: with this one's code, and files that a deployment writes. */
let checkout: string;
let tools: FakeTools;
let page: Server;
let pageStatus: number;

beforeAll(() => {
  platform = register('dev');
});
beforeEach(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'aviary-deploy-'));
  for (const folder of ['infra', 'cdk8s', 'charts', 'packages', 'services', 'examples']) {
    cpSync(join(repository, folder), join(checkout, folder), {
      recursive: true,
      filter: (path) => !/node_modules|\/(golden|web|dist)$/.test(path),
    });
  }
  for (const at of ['node_modules', 'infra/node_modules', 'package.json']) {
    symlinkSync(join(repository, at), join(checkout, at));
  }
  mkdirSync(join(checkout, '.aviary'));
  const pem = readFileSync(join(import.meta.dirname, 'authority.pem'), 'utf8');
  writeFileSync(join(checkout, '.aviary/database-authorities-eu-west-1.pem'), pem);
  pageStatus = 200;
  page = createServer((_, response) => response.writeHead(pageStatus).end());
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  tools = new FakeTools(checkout, answers());
});
afterEach(() => {
  page.close();
  rmSync(checkout, { recursive: true });
});

/** What the tools answer when all is well. */
function answers(before: readonly Answer[] = []): Answer[] {
  const { port } = page.address() as AddressInfo;
  return [
    ...before,
    { call: 'pulumi whoami', prints: '{"url":"s3://states"}' },
    { call: 'aws sts get-caller-identity --query', prints: '123456789012' },
    { call: 'aws ec2 describe-availability-zones', prints: '3' },
    { call: 'aws ec2 describe-addresses', prints: '0' },
    { call: 'aws service-quotas get-service-quota', prints: '64' },
    { call: 'aws ecr get-login-password', prints: 'registry-password' },
    { call: 'aws secretsmanager describe-secret', prints: 'null' },
    {
      call: 'aws secretsmanager get-secret-value --secret-id aviary-dev/pinecone',
      prints: 'pc-kept',
    },
    { call: 'aws secretsmanager get-secret-value', prints: '{"password":"master-password"}' },
    { call: 'aws rds generate-db-auth-token', prints: 'iam-token' },
    { call: 'pulumi stack output --json', prints: JSON.stringify({ platform: platform.platform }) },
    { call: 'pulumi stack output operations', prints: JSON.stringify(platform.operations) },
    { call: 'kubectl * port-forward', prints: `Forwarding from 127.0.0.1:${port} -> 8080` },
  ];
}

/** There is, or was, an operator. */
const definition = {
  call: 'kubectl get customresourcedefinition/semanticindexes',
  prints: 'customresourcedefinition/semanticindexes.aviary.dev',
};

const keys = { OPENAI_API_KEY: 'sk-given-by-hand', PINECONE_API_KEY: 'pc-given-by-hand' };

async function run(
  step: string,
  environment: Record<string, string> = keys,
  input = '',
  encryption: Record<string, string> = { PULUMI_CONFIG_PASSPHRASE: 'any' },
): Promise<{ code: number | null; said: string; calls: string[] }> {
  tools.forget();
  const child = spawn(process.execPath, ['infra/deploy/main.ts', step], {
    cwd: checkout,
    env: {
      HOME: checkout,
      PATH: `${tools.directory}:/usr/bin:/bin`,
      STACK: 'dev',
      ...encryption,
      ...environment,
    },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, said: out + errors, calls: tools.calls().map(({ line }) => line) };
}

/** Where calls that begin so stand, in the order of the beginnings. */
const positions = (calls: readonly string[], beginnings: readonly string[]) =>
  beginnings.map((beginning) => {
    const at = calls.findIndex((call) => call.startsWith(beginning));
    if (at === -1) throw new Error(`Nothing called "${beginning}…":\n${calls.join('\n')}`);
    return at;
  });

const order = [
  'aws sts get-caller-identity',
  'docker login',
  'pulumi up --yes',
  'pulumi stack output --json',
  'aws secretsmanager put-secret-value --secret-id aviary-dev/openai',
  'aws eks update-kubeconfig --name aviary-dev',
  'helm upgrade --install keda keda',
  'kubectl --namespace aviary delete ingress frontend',
  'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f dist/prod/00-namespace.yaml',
  'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f -',
  'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f dist/prod/10-settings.yaml',
  'kubectl --namespace aviary wait --for=condition=Ready externalsecret',
  'kubectl run aviary-psql',
  'kubectl --namespace aviary delete job install',
  'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f dist/prod/30-install.yaml',
  'kubectl --namespace aviary wait --for=jsonpath={.status.conditions} job/install',
  'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f dist/prod/40-pelican.yaml',
  'kubectl --namespace aviary rollout status deployment/pelican',
  'kubectl --namespace aviary port-forward',
];

describe('make deploy', () => {
  test('goes through its steps in order, and again', async () => {
    const first = await run('deploy');
    expect(first.said).toContain('run "make deploy-open STACK=dev"');
    expect(first.code).toBe(0);
    const found = positions(first.calls, order);
    expect(found).toEqual([...found].sort((one, other) => one - other));
    // Keys are kept now: they need not be given again.
    tools.answer(
      answers([{ call: 'aws secretsmanager describe-secret', prints: '{"1":["AWSCURRENT"]}' }]),
    );
    const second = await run('deploy', {});
    expect(second.code).toBe(0);
    expect(second.calls.filter((call) => call.includes('put-secret-value'))).toEqual([]);
    expect(second.calls.filter((call) => /^(kubectl|helm|docker|pulumi up)/.test(call))).toEqual(
      first.calls.filter((call) => /^(kubectl|helm|docker|pulumi up)/.test(call)).map(sameNumber),
    );
    function sameNumber(call: string): string {
      const again = /aviary-psql-\d+/.exec(second.calls.join('\n'))?.[0] ?? '';
      return call.replace(/aviary-psql-\d+/, again);
    }
  });

  test('shows a secret to no tool but by its standard input', async () => {
    await run('deploy');
    const secrets = /given-by-hand|registry-password|master-password|iam-token/;
    expect(tools.calls().filter(({ line }) => secrets.test(line))).toEqual([]);
    const inputOf = (beginning: string) =>
      tools.calls().find(({ line }) => line.startsWith(beginning))?.input;
    expect(inputOf('aws secretsmanager put-secret-value --secret-id aviary-dev/openai')).toBe(
      keys.OPENAI_API_KEY,
    );
    expect(inputOf('docker login')).toBe('registry-password');
    expect(inputOf('kubectl run aviary-psql')).toMatch(
      /^master-password\niam-token\ndo \$\$ begin if not exists/,
    );
  });

  test('says everything that is missing before anything is made', async () => {
    tools.answer(
      answers([
        { call: 'git status', prints: ' M README.md' },
        { call: 'pulumi whoami', exit: 1 },
        { call: 'aws ec2 describe-availability-zones', prints: '1' },
        { call: 'aws ec2 describe-addresses --query length(Addresses) --output', prints: '64' },
      ]),
    );
    const { code, said, calls } = await run('deploy', {});
    expect(code).toBe(1);
    for (const part of [
      /6 thing\(s\) are missing, and nothing has been made/,
      /the checkout has changes: commit them/,
      /pulumi login/,
      /1 zones for 2/,
      /1 more elastic IP addresses are wanted and 0 are left/,
      /OPENAI_API_KEY: set it/,
      /PINECONE_API_KEY: set it/,
    ]) {
      expect(said).toMatch(part);
    }
    expect(
      calls.filter((call) =>
        /pulumi up|put-secret|docker login|helm upgrade|kubectl apply/.test(call),
      ),
    ).toEqual([]);
  });

  test('tells of a tool that is not there', async () => {
    rmSync(join(tools.directory, 'helm'));
    tools.answer(answers([{ call: 'docker info', exit: 1 }]));
    const { code, said } = await run('preflight');
    expect(code).toBe(1);
    expect(said).toMatch(/helm version fails: install Helm/);
    expect(said).toMatch(/docker info fails: install Docker, and start it/);
  });

  test.each([
    ['infra', 'pulumi up'],
    ['charts', 'helm upgrade --install keda'],
    ['apply', 'kubectl --namespace aviary wait --for=condition=Ready externalsecret'],
    ['wait', 'kubectl --namespace aviary rollout status deployment/emu'],
  ])('stops where a step fails, and says how to go on: %s', async (step, call) => {
    tools.answer(answers([{ call, exit: 7 }]));
    const { code, said, calls } = await run('deploy');
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`${step}: "${call}.*failed with exit code 7`));
    expect(said).toMatch(/What was done stays.*"make (deploy-)?\w+ STACK=dev" through this one/);
    expect(calls.at(-1)?.startsWith(call)).toBe(true);
  });

  test('says at once that the database could not be prepared, and why', async () => {
    tools.answer(
      answers([
        { call: 'kubectl --namespace aviary get job install', prints: 'FailureTarget Failed' },
        {
          call: 'kubectl --namespace aviary logs job/install',
          prints: 'there is no table products',
        },
      ]),
    );
    const { code, said, calls } = await run('deploy');
    expect(code).toBe(1);
    expect(said).toMatch(/there is no table products[^]*apply: The Job "install" failed.*FILE=/);
    expect(calls.filter((call) => call.includes('dist/prod/40-pelican'))).toEqual([]);
  });

  test('with an operator, its definition comes first, and it takes the place of fixed workers', async () => {
    const images = { ...platform.platform.images, operator: `operator@sha256:${'b'.repeat(64)}` };
    const prints = JSON.stringify({ platform: { ...platform.platform, images } });
    tools.answer(answers([{ call: 'pulumi stack output --json', prints }]));
    const { code, calls } = await run('deploy', {
      ...keys,
      OVERRIDES: 'cdk8s/examples/operator.yaml',
    });
    expect(code).toBe(0);
    const apply =
      'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f dist/prod/';
    const found = positions(calls, [
      `${apply}00-crd.yaml`,
      `${apply}00-namespace.yaml`,
      `${apply}10-settings.yaml`,
      'kubectl --namespace aviary delete deployment/pelican deployment/emu',
      `${apply}40-operator.yaml`,
      'kubectl --namespace aviary rollout status deployment/operator',
      'kubectl --namespace aviary rollout status deployment/frontend',
    ]);
    expect(found).toEqual([...found].sort((one, other) => one - other));
    const others = /delete job install|(job\/install|deployment\/(pelican|emu)) --timeout/;
    expect(calls.filter((line) => others.test(line))).toEqual([]);
  });

  describe('from an operator back to fixed workers', () => {
    const served = {
      call: 'kubectl get semanticindexes --all-namespaces',
      prints: 'semanticindex.aviary.dev/books\nsemanticindex.aviary.dev/films',
    };
    const operated = () => {
      const images = { ...platform.platform.images, operator: `operator@sha256:${'b'.repeat(64)}` };
      const prints = JSON.stringify({ ...platform.platform, images });
      return { call: 'pulumi stack output platform', prints };
    };

    test('nothing is changed while SemanticIndexes would be left behind', async () => {
      tools.answer(answers([operated(), definition, served]));
      const { code, said, calls } = await run('deploy');
      expect(code).toBe(1);
      expect(said).toMatch(
        /infra: Without an operator nobody.*aviary\.dev\/books, semanticindex\.aviary\.dev\/films.*"Back to fixed workers"/,
      );
      const found = positions(calls, ['aws eks update-kubeconfig --name aviary-dev', served.call]);
      expect(found).toEqual([...found].sort((one, other) => one - other));
      expect(
        calls.filter((call) => /pulumi up|docker login|kubectl .*(apply|delete)/.test(call)),
      ).toEqual([]);
    });

    test('nor are manifests without an operator applied beside it', async () => {
      await run('deploy');
      tools.answer(answers([definition, served]));
      const { code, said, calls } = await run('apply');
      expect(code).toBe(1);
      expect(said).toMatch(/apply: Without an operator nobody/);
      expect(calls.filter((call) => /apply --server-side|delete/.test(call))).toEqual([]);
    });

    test('without any, the operator goes before the workers come', async () => {
      tools.answer(answers([operated(), definition]));
      const { code, calls } = await run('deploy');
      expect(code).toBe(0);
      const found = positions(calls, [
        'pulumi up --yes',
        `kubectl --namespace aviary delete ${operatorsOwn.join(' ')} --ignore-not-found --wait`,
        `kubectl --namespace aviary delete ${definition.prints}`,
        'kubectl apply --server-side --force-conflicts --field-manager=aviary-deploy -f dist/prod/40-pelican.yaml',
      ]);
      expect(found).toEqual([...found].sort((one, other) => one - other));
    });
  });

  test('of fixed workers and an operator, each takes away all that the other alone has', () => {
    const objectsOf = (environment: string) => {
      const directory = join(repository, 'cdk8s/golden', environment);
      return readdirSync(directory).flatMap((file) =>
        parseAllDocuments(readFileSync(join(directory, file), 'utf8')).map((document) => {
          const { kind, metadata } = document.toJS() as {
            kind: string;
            metadata: { name: string };
          };
          return `${kind.toLowerCase()}/${metadata.name}`;
        }),
      );
    };
    const [fixed, operated] = [objectsOf('prod'), objectsOf('prod-operator')];
    const alone = (those: string[], others: string[]) =>
      those.filter((object) => !others.includes(object));
    // Both keep in it what the page searches.
    const shared = 'configmap/semantic-indexes';
    expect([...fixedWorkers, shared].sort()).toEqual(alone(fixed, operated).sort());
    // Made by the operator itself.
    const lease = 'lease/aviary-operator';
    expect([...operatorsOwn].sort()).toEqual([...alone(operated, fixed), lease].sort());
  });

  test('waits for the load balancer of a public address', async () => {
    const ingress = { host: 'aviary.example.com', certificateArn: 'arn:aws:acm:x:1:certificate/y' };
    const secrets = { ...platform.platform.secrets, signIn: 'arn:aws:secretsmanager:x:1:secret:y' };
    tools.answer(
      answers([
        {
          call: 'pulumi stack output --json',
          prints: JSON.stringify({ platform: { ...platform.platform, ingress, secrets } }),
        },
        { call: 'kubectl --namespace aviary get ingress', prints: 'alb.example.com' },
      ]),
    );
    await run('outputs');
    expect((await run('wait')).said).toMatch(
      /no manifests: run "make deploy-synth STACK=dev" first/,
    );
    writeFileSync(join(checkout, 'sign-in.yaml'), 'signIn: { issuer: https://id.example.com }');
    await run('synth', { OVERRIDES: 'sign-in.yaml' });
    const { calls } = await run('wait');
    expect(calls.at(-1)).toMatch(/wait --for=jsonpath=.*loadBalancer.* ingress\/frontend/);
    const { said } = await run('smoke');
    expect(said).toContain(
      'https://aviary.example.com, once its DNS has a CNAME to alb.example.com',
    );
  });

  test('wants what Pulumi encrypts its state by, unless its service does so', async () => {
    const { code, said } = await run('preflight', keys, '', {});
    expect(code).toBe(1);
    expect(said).toMatch(/PULUMI_CONFIG_PASSPHRASE: .* s3:\/\/states; set it/);
    tools.answer(answers([{ call: 'pulumi whoami', prints: '{"url":"https://api.pulumi.com"}' }]));
    expect((await run('preflight', keys, '', {})).code).toBe(0);
  });

  test('takes no outputs that the manifests could not use', async () => {
    const incomplete = { ...platform.platform, queue: undefined };
    tools.answer(
      answers([
        { call: 'pulumi stack output --json', prints: JSON.stringify({ platform: incomplete }) },
      ]),
    );
    const { code, said } = await run('outputs');
    expect(code).toBe(1);
    expect(said).toMatch(/run "make infra STACK=dev" first:\n +queue:/);
  });

  test('is not done while the page does not answer', async () => {
    pageStatus = 503;
    const { code, said } = await run('deploy');
    expect(code).toBe(1);
    expect(said).toMatch(/smoke: The page answers \/ with 503: look at "kubectl logs/);
  });
});

describe('make destroy', () => {
  const confirmed = { CONFIRM: 'aviary-dev', ...keys };

  test('takes away from the top down', async () => {
    const { code, calls } = await run('destroy', confirmed);
    expect(code).toBe(0);
    const found = positions(calls, [
      'kubectl delete namespace aviary',
      'helm uninstall external-secrets',
      'helm uninstall keda',
      'pulumi destroy --yes',
    ]);
    expect(found).toEqual([...found].sort((one, other) => one - other));
  });

  test('SemanticIndexes go before the operator that lets them go', async () => {
    tools.answer(answers([definition]));
    const { calls } = await run('destroy', confirmed);
    const found = positions(calls, [
      'kubectl --namespace aviary delete semanticindexes --all',
      'kubectl delete namespace aviary',
    ]);
    expect(found).toEqual([...found].sort((one, other) => one - other));
  });

  test('also where only a part was ever made', async () => {
    tools.answer(answers([{ call: 'pulumi stack output platform', exit: 1 }]));
    const { code, calls } = await run('destroy', confirmed);
    expect(code).toBe(0);
    expect(calls.filter((call) => /^(kubectl|helm)/.test(call))).toEqual([]);
    expect(calls.at(-1)).toMatch(/^pulumi destroy/);
  });

  test.each([
    ['another name', 'aviary-prod\n'],
    ['nothing', ''],
  ])('deletes nothing when %s is typed', async (_, typed) => {
    const { code, said, calls } = await run('destroy', keys, typed);
    expect(code).toBe(1);
    expect(said).toMatch(/Nothing was deleted: "aviary-dev" was not typed/);
    expect(calls).toEqual([]);
  });

  test('deletes when its name is typed', async () => {
    expect((await run('destroy', keys, 'aviary-dev\n')).code).toBe(0);
  });

  test('stops before protected data, whatever was typed', async () => {
    const file = join(checkout, 'infra/Pulumi.dev.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}    protectData: true\n`);
    const { code, said, calls } = await run('destroy', confirmed);
    expect(code).toBe(1);
    expect(said).toMatch(/is protected: set platform.protectData to false/);
    expect(calls).toEqual([]);
  });
});

test('make plan shows both what AWS and what the cluster would see, and changes neither', async () => {
  tools.answer(answers([{ call: 'kubectl diff', exit: 1 }]));
  const { code, calls } = await run('plan');
  expect(code).toBe(0);
  positions(calls, ['pulumi preview --diff', 'kubectl diff --server-side']);
  expect(calls.filter((call) => /pulumi up|apply|helm|put-secret/.test(call))).toEqual([]);
});

test('a stack without a configuration is told so', async () => {
  const { code, said } = await run('plan', { STACK: 'stage' });
  expect(code).toBe(1);
  expect(said).toMatch(/no configuration .*Pulumi\.stage\.yaml that can be read: copy/);
});
