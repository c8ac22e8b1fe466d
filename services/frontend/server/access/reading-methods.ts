import type { Request } from 'express';

const methods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether the request, by its method, changes nothing. */
export const isReading = ({ method }: Request): boolean => methods.has(method);
