/**
 * What the queues of one SemanticIndex are called, without ending, beside the environment's own. An underscore is in the
 * name of no stack and of no SemanticIndex: a right to PREFIX_* reaches neither another stack's queues nor the
 * environment's own.
 */
export const indexQueueName = (prefix: string, index: string): string => `${prefix}_${index}`;
