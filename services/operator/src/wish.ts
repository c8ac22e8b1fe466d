import type { SemanticIndex } from '@aviary/semantic-index';

/** A key of a Secret. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** A SemanticIndex's spec as decisions see it: what the services read, and how they are to be run. */
export interface Wish {
  readonly state: 'Running' | 'Paused' | 'Stopped';
  /** What the services read. */
  readonly index: SemanticIndex;
  readonly deletionPolicy: 'Retain' | 'Delete';
  /** Each absent where the environment's own counts. */
  readonly scaling: {
    readonly min?: number | undefined;
    readonly max?: number | undefined;
    readonly backlogPerPod?: number | undefined;
    readonly cooldownSeconds?: number | undefined;
  };
  readonly backfill?:
    | { readonly requestId?: string | undefined; readonly ratePerSecond?: number | undefined }
    | undefined;
  /** Pelican audits by itself all the same. */
  readonly audit?: { readonly schedule: string; readonly repair: boolean } | undefined;
}
