import type { Status } from '../../../shared/pipeline.ts';
import { ask } from '../api.ts';

export const fetchStatus = (signal: AbortSignal) => ask<Status>('/api/status', { signal });
