import type { Kubectl } from '../cluster/kubectl.ts';

interface Pod {
  metadata: { uid: string; labels: Record<string, string>; deletionTimestamp?: string };
}

/** A SemanticIndex, with what the operator made of it, as kubectl shows them. */
export class Resource {
  readonly name: string;
  readonly #kubectl: Kubectl;

  constructor(name: string, kubectl: Kubectl) {
    this.name = name;
    this.#kubectl = kubectl;
  }

  /** Changes its spec. @returns `metadata.generation`, the number of a generation that this begins */
  async patch(spec: object): Promise<number> {
    const patch = JSON.stringify({ spec });
    const number = await this.#kubectl([
      ...['patch', `semanticindex/${this.name}`, '--type=merge', `--patch=${patch}`],
      '--output=jsonpath={.metadata.generation}',
    ]);
    return Number(number);
  }

  /** Waits for a condition, in the words of `kubectl wait --for`. */
  async until(condition: string, seconds: number): Promise<void> {
    const wait = ['wait', `semanticindex/${this.name}`, `--for=${condition}`];
    await this.#kubectl([...wait, `--timeout=${seconds}s`], { timeoutMs: (seconds + 10) * 1_000 });
  }

  async delete(seconds: number): Promise<void> {
    const command = ['delete', `semanticindex/${this.name}`, `--timeout=${seconds}s`];
    await this.#kubectl(command, { timeoutMs: (seconds + 10) * 1_000 });
  }

  async read(path: string): Promise<string> {
    return this.#kubectl(['get', `semanticindex/${this.name}`, `--output=jsonpath={${path}}`]);
  }

  /** Of workers of all its generations, with those that are ending: by uid, what each works at. */
  async pods(): Promise<Map<string, string>> {
    const workers = 'app.kubernetes.io/name in (pelican,emu)';
    const list = await this.#kubectl(['get', 'pods', `--selector=${workers}`, '--output=json']);
    const { items } = JSON.parse(list) as { items: Pod[] };
    const own = new RegExp(`^${this.name}(-g\\d+)?$`);
    return new Map(
      items.flatMap(({ metadata: { uid, labels } }) => {
        const generation = labels['app.kubernetes.io/instance'] ?? '';
        const worker = `${labels['app.kubernetes.io/name'] ?? ''}-${generation}`;
        return own.test(generation) ? [[uid, worker] as const] : [];
      }),
    );
  }

  /** All that is labelled as its own, by kind and name. */
  async objects(): Promise<string[]> {
    const kinds = 'deployments,scaledobjects,jobs,cronjobs,configmaps,services';
    const selector = `--selector=aviary.dev/semantic-index=${this.name}`;
    const names = await this.#kubectl(['get', kinds, selector, '--output=name']);
    return names.trim().split('\n').filter(Boolean);
  }
}
