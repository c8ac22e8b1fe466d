export const conditionTypes = [
  'Ready',
  'SourceReachable',
  'QueueReady',
  'TargetReady',
  'BackfillComplete',
  'InSync',
  'Degraded',
] as const;

export interface Condition {
  readonly type: (typeof conditionTypes)[number];
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** The resource's status, as the CRD has it. */
export interface Status {
  readonly observedGeneration: number;
  readonly phase: Phase;
  readonly conditions: readonly Condition[];
  readonly queue?: {
    readonly visible: number;
    readonly inFlight: number;
    readonly deadLettered: number;
    readonly oldestAgeSeconds?: number;
  };
  readonly backfill?: { readonly processed: number; readonly total: number };
  readonly audit?: {
    readonly lastRun: string;
    readonly missing: number;
    readonly stale: number;
    readonly orphaned: number;
  };
  readonly workers: { readonly desired: number; readonly ready: number };
  readonly activeNamespace?: string;
  readonly lastError?: string;
}

/** For people; conditions are for machines. */
export type Phase =
  | 'Provisioning'
  | 'Backfilling'
  | 'Auditing'
  | 'Moving'
  | 'Ready'
  | 'Paused'
  | 'Stopped'
  | 'Degraded'
  | 'Deleting';
