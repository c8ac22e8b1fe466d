import { writeFileSync } from 'node:fs';
import { loadConfig } from '@aviary/runtime';
import { z } from 'zod';
import { exitCode, type ExitCode } from './exit-codes.ts';

/** Kubernetes keeps no more of what a container leaves behind, in bytes. */
const longestResult = 4_096;

/** Where text goes: a stream of the process, or a test's own. */
export interface TextSink {
  write(text: string): unknown;
  /** There is a person to show progress to. */
  readonly isTTY?: boolean;
}

export interface CliSurroundings {
  environment: Readonly<Record<string, string | undefined>>;
  /** For the result alone. */
  stdout: TextSink;
  /** For progress and messages. */
  stderr: TextSink;
  /** Aborts at Ctrl-C and SIGTERM: end tidily and soon, by throwing its reason. */
  signal: AbortSignal;
}

/**
 * What a command is given in place of the process's globals. Each command is made by
 * `xxxCommand(context: CliContext): Command`.
 */
export class CliContext {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly signal: AbortSignal;
  /** What the program will exit with; a command that throws need not set it. */
  exitCode: ExitCode = exitCode.fine;
  readonly #environment: CliSurroundings['environment'];
  /** The document of --json, in one line. */
  #result = '';
  #last = '';

  constructor({ environment, stdout, stderr, signal }: CliSurroundings) {
    this.#environment = environment;
    this.stdout = stdout;
    this.stderr = stderr;
    this.signal = signal;
  }

  /**
   * The variables that a command needs, as `context.config({ ...databaseConfig, ...specsConfig })` with the
   * groups of ../config.ts; others may be missing or wrong.
   *
   * @throws ConfigError that lists every fault.
   */
  config<Shape extends z.ZodRawShape>(shape: Shape): Readonly<z.infer<z.ZodObject<Shape>>> {
    return loadConfig(z.object(shape), this.#environment);
  }

  /** A line of the result for people. */
  print(line: string): void {
    this.stdout.write(`${line}\n`);
  }

  /** The result of --json: the one document on stdout. */
  printJson(document: unknown): void {
    // Examples are for people who read the log, and would not fit.
    this.#result = JSON.stringify(document, (key, value: unknown) =>
      key === 'examples' ? undefined : value,
    );
    this.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }

  /** A line beside the result, for people. */
  say(line: string): void {
    this.#last = line;
    this.stderr.write(`${line}\n`);
  }

  /**
   * Writes the document of --json, or else what was said last, into the file that RESULT_FILE names: a Job's
   * /dev/termination-log, which whoever made the Job reads without its logs.
   */
  leaveResult(): void {
    const file = this.#environment.RESULT_FILE;
    if (file === undefined || file === '') return;
    const isWhole = this.#result !== '' && Buffer.byteLength(this.#result) <= longestResult;
    const result = Buffer.from(isWhole ? this.#result : this.#last);
    writeFileSync(file, result.subarray(0, longestResult));
  }
}
