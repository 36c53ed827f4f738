import { Refusal } from "../../domain/shared/errors.ts";

/**
 * What came of several cancels: the orders that were asked to be canceled, without those that closed meanwhile.
 * @throws whatever else kept one from being asked: an answer without it would read as if nothing were open any more
 */
export function canceledAmong<T>(settled: readonly PromiseSettledResult<T>[]): T[] {
  return settled.flatMap((one) => {
    if (one.status === "fulfilled") return [one.value];
    if (one.reason instanceof Refusal && one.reason.code === "ORDER_CLOSED") return [];
    throw one.reason;
  });
}
