/** What every command of `aviary` exits with, and what it means to a script. */
export const exitCode = {
  /** Done; the answer is yes. */
  fine: 0,
  /** The answer is no: there are differences, or what was asked for is not there. */
  no: 1,
  /** The command line or the configuration is wrong: the same call will fail again. */
  usage: 2,
  /** Not judged or not finished: still on its way, timed out, or stopped. The same call may succeed later. */
  unfinished: 3,
  /** Something failed: a server is away, or the program has a fault. */
  failure: 4,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
