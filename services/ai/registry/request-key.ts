import type { Json } from "../../../domain/shared/json.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import { claimRequestKey } from "../../../models/request-keys.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { RegistryParts } from "./parts.ts";

/**
 * Ties the request's idempotency key, if it has one, to its body.
 * @param what tells keys of one user for different things apart
 * @throws RestError 422 when it came with another body before
 */
export async function claimKey(
  { node }: Pick<RegistryParts, "node">,
  ctx: RequestContext<Json>,
  what: string,
): Promise<void> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return;
  const scope = `${what}:${userOf(ctx).userId}`;
  if (await claimRequestKey(node.pool, scope, key, bodyHash(ctx.params))) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body");
}
