const LAST_GROUP = /^(.*-)([0-9a-f]{12})$/u;
const RANGE = 2n ** 48n;

/**
 * The id of a leg's n-th attempt: that of its first, with n added to the last group of the UUID. It follows from group, leg
 * and attempt, so that no attempt can be placed twice, and begins like the first, so that it lies on the same shard.
 */
export function attemptId(firstId: string, attempt: number): string {
  if (attempt === 0) return firstId;
  const [, head, tail] = LAST_GROUP.exec(firstId) ?? [];
  if (head === undefined || tail === undefined) return `${firstId}.${attempt}`;
  const sum = (BigInt(`0x${tail}`) + BigInt(attempt)) % RANGE;
  return head + sum.toString(16).padStart(12, "0");
}
