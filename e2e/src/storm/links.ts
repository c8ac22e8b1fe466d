import { startTcpProxy, type Passage, type Release, type TcpProxy } from '@aviary/local/tcp-proxy';

export const slots = ['pelican-1', 'pelican-2', 'emu-1', 'emu-2', 'emu-3'] as const;
/** A place for a process, which it has again after its restart. */
export type Slot = (typeof slots)[number];
export type Dependency = 'postgres' | 'queue' | 'index' | 'embedder';
/** The way from a process to a dependency, such as `emu-1 index`. */
export type LinkName = `${Slot} ${Dependency}`;

const dependenciesOf = (slot: Slot): Dependency[] =>
  slot.startsWith('pelican') ? ['postgres', 'queue', 'index'] : ['queue', 'index', 'embedder'];

export const linkNames: readonly LinkName[] = slots.flatMap((slot) =>
  dependenciesOf(slot).map((dependency): LinkName => `${slot} ${dependency}`),
);

/** A proxy for each way, so that one process alone may lose sight of one dependency. */
export class Links implements AsyncDisposable {
  readonly #proxies: Map<LinkName, TcpProxy>;

  private constructor(proxies: Map<LinkName, TcpProxy>) {
    this.#proxies = proxies;
  }

  static async start(ports: Record<Dependency, number>): Promise<Links> {
    const started = linkNames.map(async (name): Promise<[LinkName, TcpProxy]> => {
      const dependency = name.split(' ')[1] as Dependency;
      return [name, await startTcpProxy({ to: ports[dependency] })];
    });
    return new Links(new Map(await Promise.all(started)));
  }

  port(name: LinkName): number {
    return this.#proxy(name).port;
  }

  /** Whose link a port is. */
  slotOf(port: number): Slot | undefined {
    const found = [...this.#proxies].find(([, proxy]) => proxy.port === port);
    return found?.[0].split(' ')[0] as Slot | undefined;
  }

  setPassage(names: readonly LinkName[], passage: Passage, release?: Release): void {
    for (const name of names) this.#proxy(name).setPassage(passage, release);
  }

  /** Of the connections there are, not of those to come. */
  setPassageOfPresent(names: readonly LinkName[], passage: Passage): void {
    for (const name of names) this.#proxy(name).setPassageOfPresent(passage);
  }

  drop(names: readonly LinkName[], which: 'all' | 'forgotten' = 'all'): void {
    for (const name of names) this.#proxy(name).drop(which);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
  }

  #proxy(name: LinkName): TcpProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new Error(`There is no link ${name}.`);
    return proxy;
  }
}
