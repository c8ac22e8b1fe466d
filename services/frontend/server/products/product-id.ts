import { integer } from '@aviary/runtime';
import { z } from 'zod';

/** The address of one product. */
export const productId = z.object({ id: integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) });
