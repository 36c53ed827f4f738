import { withChallenger } from "../../../domain/ai/registry/aliases.ts";
import type { PromotionCheck } from "../../../domain/ai/registry/promotion.ts";
import type { Aliases } from "../../../domain/ai/model/version.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { conflict } from "../../../mixins/rest/rest-error.ts";
import type { AliasMove, StoredModel, StoredVersion } from "../../../models/model-registry.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import { liveModelOf } from "./models.ts";
import { modelOf } from "./parts.ts";
import type { RegistryParts } from "./parts.ts";

const TRIES = 10;

/** How aliases are to move, and on whose word. */
export interface Move {
  readonly userId: string | null;
  readonly action: AliasMove["action"];
  readonly reason: string | null;
  readonly isOverride: boolean;
  readonly requestKey: string | null;
  readonly checks: readonly PromotionCheck[];
  readonly after: Aliases;
}

/**
 * Moves aliases of a model, from what they are when the move is written.
 * @param moveOf null: nothing is to be moved
 * @throws RestError 404, 409
 */
export async function moveAliases(
  parts: RegistryParts,
  { tenantId, modelId }: { readonly tenantId: string; readonly modelId: string },
  moveOf: (model: StoredModel) => Promise<Move | null>,
): Promise<StoredModel> {
  const { registry, node } = parts;
  for (let i = 0; i < TRIES; i += 1) {
    const model = await liveModelOf(parts, tenantId, modelId);
    const move = await moveOf(model);
    if (move === null) return model;
    const { checks, ...terms } = move;
    const moved = await registry.moveAliases(model, {
      ...terms,
      atMs: node.clock.now(),
      before: model.aliases,
      // sound: checks are plain data
      checks: checks as unknown as Json,
    });
    if (moved !== null) return moved;
  }
  throw conflict(`aliases of model ${modelId} are being moved by others; try again`);
}

/** The move that was made under the request's key, if it is a repeat. */
export async function moveUnderKey(
  { registry }: RegistryParts,
  ctx: RequestContext<{ readonly modelId: string }>,
  actions: readonly AliasMove["action"][],
): Promise<AliasMove | null> {
  const { tenantId, userId } = userOf(ctx);
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return null;
  const moves = await registry.aliasMoves(tenantId, ctx.params.modelId);
  const isRepeat = (move: AliasMove): boolean =>
    move.requestKey === key && move.userId === userId && actions.includes(move.action);
  return moves.find(isRepeat) ?? null;
}

/** A version that was just trained becomes the challenger; of a model that is archived by now it does not. */
export async function becomeChallenger(
  parts: RegistryParts,
  { tenantId, modelId, version }: StoredVersion,
  reason: string,
): Promise<StoredModel> {
  const held = await modelOf(parts, tenantId, modelId);
  if (held.isArchived) return held;
  return moveAliases(parts, { tenantId, modelId }, async ({ aliases }) => {
    if (aliases.champion === version || aliases.challenger === version) return null;
    const terms = { userId: null, action: "trained", isOverride: false, requestKey: null } as const;
    return { ...terms, reason, checks: [], after: withChallenger(aliases, version) };
  });
}
