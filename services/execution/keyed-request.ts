import type { PortfolioCommand } from "../../domain/portfolio/messages.ts";
import type { ActorRef } from "../../domain/shared/decider.ts";
import type { CallOptions } from "../../mixins/actor/client.ts";
import type { Answer } from "../../mixins/actor/envelope.ts";
import { ActorError } from "../../mixins/actor/errors.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import type { RequestUser } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";

type Keyed = Pick<CallOptions, "requestKey">;

/** A key comes with one body: the order's id says nothing of another portfolio or clOrdId under the same key. */
export function keyOf({ userId }: RequestUser, key: string | undefined): Keyed {
  return key === undefined ? {} : { requestKey: { scope: `orders:${userId}`, key } };
}

/**
 * The key is claimed in the commit of the order. Where there is none, because the order is on record or was refused, it is
 * claimed here, before anybody hears of it.
 */
export async function request(
  node: NodeContext,
  portfolio: ActorRef,
  command: PortfolioCommand,
  options: CallOptions & { readonly bodyHash: string },
  clOrdId: string | undefined,
): Promise<Answer> {
  try {
    const answer = await node.actors.call(portfolio, command, options);
    if (answer.isReplay) await claimKey(node, options);
    return answer;
  } catch (error) {
    const isReused = error instanceof ActorError && error.code === "IDEMPOTENCY_KEY_REUSED";
    if (isReused || (error instanceof Error && error.name === "Refusal"))
      await claimKey(node, options);
    throw isReused && clOrdId !== undefined ? clOrdIdReused(clOrdId) : error;
  }
}

/** Tells a client which of its two keys it has used before. */
export function clOrdIdReused(clOrdId: string): RestError {
  const message = `clOrdId ${clOrdId} was used in this portfolio with other terms`;
  return new RestError("IDEMPOTENCY_KEY_REUSED", message, {
    errors: [{ path: "clOrdId", code: "INVALID_VALUE", message: "was used with other terms" }],
  });
}

/** @throws RestError 422 when the key came with another body before */
export async function claimKey(
  { pool }: NodeContext,
  { requestKey, bodyHash: hash }: Keyed & { readonly bodyHash: string },
): Promise<void> {
  if (requestKey === undefined) return;
  const { scope, key } = requestKey;
  if (await claimRequestKey(pool, scope, key, hash)) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another order");
}
