import { z } from 'zod';

const share = z.number().min(0).max(1);

/** What the server does wrong on purpose. Shares are of all requests, spread evenly: 0.5 hits every second one. */
export const faultsSchema = z
  .object({
    /** Share answered with 500. */
    serverError: share,
    /** Share answered with 429 and a Retry-After of one second. */
    rateLimited: share,
    /** Share answered with 429 insufficient_quota. */
    quotaExhausted: share,
    /** Share whose connection is cut before any work. */
    dropBefore: share,
    /** Share whose connection is cut after the work, before the answer. */
    dropAfter: share,
    /** Share answered with vectors one number short. */
    wrongDimension: share,
    /** Milliseconds added before each answer. */
    latencyMs: z.number().min(0),
    /** Milliseconds between the answer's headers and the end of its body. */
    slowBodyMs: z.number().min(0),
  })
  .partial();

export type Faults = z.infer<typeof faultsSchema>;
export type FaultShare = Exclude<keyof Faults, 'latencyMs' | 'slowBodyMs'>;

/** The faults in force, with a count for each share so that it is met exactly and repeatably. */
export class FaultPlan {
  readonly #faults: Faults;
  readonly #carried = new Map<FaultShare, number>();

  constructor(faults: Faults) {
    this.#faults = faultsSchema.parse(faults);
  }

  get latencyMs(): number {
    return this.#faults.latencyMs ?? 0;
  }

  get slowBodyMs(): number {
    return this.#faults.slowBodyMs ?? 0;
  }

  /** Whether this request is one of the fault's share. Ask once a request. */
  strikes(fault: FaultShare): boolean {
    const carried = (this.#carried.get(fault) ?? 0) + (this.#faults[fault] ?? 0);
    const struck = carried >= 1 - 1e-9;
    this.#carried.set(fault, struck ? carried - 1 : carried);
    return struck;
  }
}
