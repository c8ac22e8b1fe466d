import { retry, type Health, type Logger, type RetryableError } from '@aviary/runtime';

export interface DependencyOptions {
  /** As /readyz names it. */
  name: string;
  health: Health;
  logger: Logger;
  /** Told of each failed call that will be repeated. */
  onRetry: () => void;
}

/** Something emu cannot work without: calls wait until it is back, and health says what they wait for. */
export class Dependency {
  readonly #options: DependencyOptions;

  constructor(options: DependencyOptions) {
    this.#options = options;
  }

  /** Repeats a call while it fails with a RetryableError, for as long as the signal allows. */
  async call<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    let failures = 0;
    const result = await retry(work, {
      signal,
      onRetry: (error) => {
        this.#options.onRetry();
        failures += 1;
        // One failure is everyday weather, mended by its repetition; two in a row are news.
        if (failures > 1) this.failed(error);
      },
    });
    this.ok();
    return result;
  }

  ok(): void {
    const { name, health, logger } = this.#options;
    if (health.ok(name)) logger.info({ event: 'dependency_well', dependency: name });
  }

  failed(error: RetryableError): void {
    const { name, health, logger } = this.#options;
    if (health.failed(name, error.message)) {
      logger.warn({ event: 'dependency_away', dependency: name, reason: error.message });
    }
  }
}
