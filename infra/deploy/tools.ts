import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** A step of a deployment cannot go on. The message says why, and what to do next. */
export class StepError extends Error {
  override readonly name = 'StepError';
}

export interface ToolOptions {
  /** Written to its standard input: the place for secrets, which arguments would show to everybody. */
  input?: string | undefined;
  environment?: Readonly<Record<string, string>> | undefined;
  /** Exit codes that are answers too. */
  answers?: readonly number[];
}

/** The command-line tools a deployment is made of, found on PATH and run in one directory. */
export class Tools {
  readonly #directory: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(directory: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#directory = directory;
    this.#environment = environment;
  }

  /** Runs a tool whose output is for the person. @throws StepError when it fails. */
  async run(tool: string, args: readonly string[], options: ToolOptions = {}): Promise<void> {
    await this.#exec(tool, args, options, 'inherit');
  }

  /** @returns what a tool prints, without the last newline. @throws StepError when it fails. */
  async read(tool: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
    return this.#exec(tool, args, options, 'pipe');
  }

  /** @returns what a tool prints; undefined when it fails, for questions whose answer may be no. */
  async ask(tool: string, args: readonly string[]): Promise<string | undefined> {
    try {
      return await this.#exec(tool, args, {}, 'pipe', 'ignore');
    } catch (error) {
      if (error instanceof StepError) return undefined;
      throw error;
    }
  }

  /** Starts a tool that runs until it is killed, and whose output is read line by line. */
  start(tool: string, args: readonly string[]): ChildProcess {
    return spawn(tool, args, {
      cwd: this.#directory,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  async #exec(
    tool: string,
    args: readonly string[],
    { input, environment, answers = [0] }: ToolOptions,
    output: 'inherit' | 'pipe',
    errors: 'inherit' | 'ignore' = 'inherit',
  ): Promise<string> {
    const child = spawn(tool, args, {
      cwd: this.#directory,
      env: { ...this.#environment, ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', output, errors],
    });
    const ended = once(child, 'close').catch((error: unknown) => {
      throw new StepError(`${tool} cannot be run: ${(error as Error).message}.`, { cause: error });
    });
    // A tool that ends without reading its input says why by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    const [printed, [code]] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      ended as Promise<[number | null]>,
    ]);
    if (code !== null && answers.includes(code)) return printed.replace(/\n$/, '');
    throw new StepError(
      `"${[tool, ...args].join(' ').slice(0, 300)}" failed with exit code ${code ?? 'none'}; what it said stands above.`,
    );
  }
}
