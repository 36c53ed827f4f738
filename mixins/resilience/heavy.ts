import type { ActionSchema } from "moleculer";

/**
 * For an action that takes much of a node: so many at once, so many waiting, and who comes then is told to come again.
 * The limits are each node's, and each action's.
 */
export function heavy(concurrency: number, maxQueueSize: number): Pick<ActionSchema, "bulkhead"> {
  return { bulkhead: { enabled: true, concurrency, maxQueueSize } };
}

/** The same for one that only reads: while it keeps failing or hanging on a node, that node is not asked for it. */
export function heavyRead(
  concurrency: number,
  maxQueueSize: number,
): Pick<ActionSchema, "bulkhead" | "circuitBreaker"> {
  return { ...heavy(concurrency, maxQueueSize), circuitBreaker: { enabled: true } };
}
