import type { Sample as Products } from '@aviary/local/products';
import type { AuditResult, Usage } from './result.ts';

/** What the processes and data directories of a target use now. */
export interface UsageNow {
  /** By process. */
  processes: Map<string, Pick<Usage, 'cpuSeconds'> & { mb: number }>;
  diskMb: number;
}

export interface LoadOptions extends Products {
  onProgress: (rows: number) => void;
  signal: AbortSignal;
}

/** A running Aviary that is loaded. */
export interface Target extends AsyncDisposable {
  kind: 'dev' | 'kubernetes';
  namespace: string | null;
  /** The page's address, from here. */
  page: string;
  /** Sentences for the report: what stands in for what. */
  notes: string[];
  /** Puts generated products into the table by COPY. Resolves once they are committed. */
  load(options: LoadOptions): Promise<void>;
  /** Of the emus' Deployment. Null where there is none. */
  emus(): { desired: number; ready: number } | null;
  /** Null where its processes are not of this machine. */
  usage(): Promise<UsageNow | null>;
  /** Processes or containers that were started anew since this target was opened. */
  restarts(): Promise<number>;
  /** Compares the products table with its index. */
  audit(signal: AbortSignal): Promise<AuditResult>;
}
