import { z } from 'zod';

const share = z.number().min(0).max(1);

/** What the queue does wrong on purpose. Shares are of all requests, spread evenly: 0.5 hits every second one. */
export const faultsSchema = z
  .strictObject({
    /** Milliseconds before each request is carried out. */
    latencyMs: z.number().min(0),
    /** Share answered with 500, nothing done. */
    serverError: share,
    /** Share answered with RequestThrottled, nothing done. */
    throttled: share,
    /** Share whose connection is cut, nothing done. */
    dropBefore: share,
    /** Share whose connection is cut once the request has been carried out. */
    dropAfter: share,
    /**
     * Share of receives whose messages the next receive delivers again while they are in flight, save
     * those deleted by then: a FIFO queue never delivers an older message of a group after a newer one.
     */
    duplicate: share,
  })
  .partial();

export type Faults = z.infer<typeof faultsSchema>;
export type FaultShare = Exclude<keyof Faults, 'latencyMs'>;

/** The faults in force, with a count for each share so that it is met exactly and repeatably. */
export class FaultPlan {
  readonly latencyMs: number;
  readonly #faults: Faults;
  readonly #carried = new Map<FaultShare, number>();

  constructor(faults: Faults) {
    this.#faults = faultsSchema.parse(faults);
    this.latencyMs = faults.latencyMs ?? 0;
  }

  /** Whether this request is one of the fault's share. Ask once a request. */
  strikes(fault: FaultShare): boolean {
    const carried = (this.#carried.get(fault) ?? 0) + (this.#faults[fault] ?? 0);
    const struck = carried >= 1 - 1e-9;
    this.#carried.set(fault, struck ? carried - 1 : carried);
    return struck;
  }
}
