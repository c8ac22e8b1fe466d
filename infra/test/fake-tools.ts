import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tools = ['git', 'curl', 'pulumi', 'aws', 'docker', 'kubectl', 'helm'];

export interface Call {
  /** Tool and arguments. */
  line: string;
  /** What it was given on standard input. */
  input: string;
}

export interface Answer {
  /** Beginning of the command line, or part of it after an asterisk, as the shell matches names of files. */
  call: string;
  prints?: string;
  exit?: number;
}

/** Tools that do nothing but write down how they were called, and answer what they are told to. */
export class FakeTools {
  readonly directory: string;
  readonly #log: string;
  #count = 0;

  constructor(directory: string, answers: readonly Answer[]) {
    this.directory = join(directory, 'bin');
    this.#log = join(directory, 'calls');
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(this.#log, '');
    for (const tool of tools) symlinkSync('tool', join(this.directory, tool));
    this.answer(answers);
  }

  /** The first that fits answers; what fits none succeeds silently. */
  answer(answers: readonly Answer[]): void {
    const cases = answers.map(({ call, prints = '', exit = 0 }) => {
      const file = join(this.directory, `answer-${this.#count++}`);
      writeFileSync(file, prints);
      return `  ${call.replaceAll(/[ ()]/g, '\\$&')}*) cat '${file}'; exit ${exit} ;;`;
    });
    const script = join(this.directory, 'tool');
    // Calls that run at once each write in one piece.
    writeFileSync(
      script,
      `#!/bin/sh
line="\${0##*/} $*"
input="$(cat)"
printf '%s\\036%s\\035' "$line" "$input" >> '${this.#log}'
case "$line" in
${cases.join('\n')}
esac
`,
    );
    chmodSync(script, 0o755);
  }

  /** Every call so far, in order. */
  calls(): Call[] {
    return readFileSync(this.#log, 'utf8')
      .split('\u001d')
      .slice(0, -1)
      .map((call) => {
        const [line = '', input = ''] = call.split('\u001e');
        return { line, input };
      });
  }

  forget(): void {
    writeFileSync(this.#log, '');
  }
}
