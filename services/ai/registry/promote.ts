import {
  isSame,
  previousChampion,
  withChallenger,
  withChampion,
  withShadow,
  without,
} from "../../../domain/ai/registry/aliases.ts";
import type { ScoredRows } from "../../../domain/ai/registry/common-rows.ts";
import { promotionChecks } from "../../../domain/ai/registry/promotion.ts";
import type { Contender, LiveRows, PromotionCheck } from "../../../domain/ai/registry/promotion.ts";
import type { Aliases } from "../../../domain/ai/model/version.ts";
import { conflict, RestError } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { AliasHistory, PromotionView } from "../../../mixins/rest/routes/model-registry.ts";
import type { ModelView } from "../../../mixins/rest/routes/model-views.ts";
import type { AliasMove, StoredModel, StoredVersion } from "../../../models/model-registry.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import { liveRowsOf } from "./live-rows.ts";
import { modelOf, versionOf } from "./parts.ts";
import type { RegistryParts } from "./parts.ts";
import { moveAliases, moveUnderKey } from "./alias-moves.ts";
import type { Move } from "./alias-moves.ts";
import { claimKey } from "./request-key.ts";
import { historyView, modelView } from "./views.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** @throws RestError 404, 409 with every check that was not passed */
export async function promote(
  parts: RegistryParts,
  ctx: Ctx<"models.promote">,
): Promise<PromotionView> {
  const { modelId, version, stage, override, reason, dryRun } = ctx.params;
  const { tenantId, userId } = userOf(ctx);
  await claimKey(parts, ctx, "promote");
  const before = await moveUnderKey(parts, ctx, ["promote", "archive"]);
  if (before !== null) return promotedBefore(ctx, before);
  let checks: readonly PromotionCheck[] = [];
  const moveOf = async (model: StoredModel): Promise<Move | null> => {
    const stored = await versionOf(parts, model, version);
    checks = stage === "production" ? await checksOf(parts, model, stored) : [];
    if (dryRun) return null;
    refuse(checks, override);
    const after = aliasesAfter(model, stored, stage);
    if (isSame(after, model.aliases)) return null;
    return {
      userId,
      action: stage === "archived" ? "archive" : "promote",
      reason: reason ?? null,
      isOverride: override && checks.some(({ isPassed }) => !isPassed),
      requestKey: ctx.meta.idempotencyKey ?? null,
      checks,
      after,
    };
  };
  const model = await moveAliases(parts, { tenantId, modelId }, moveOf);
  if (stage === "archived" && !dryRun)
    await parts.registry.archiveVersion(tenantId, modelId, version, parts.node.clock.now());
  const isOverride = override && checks.some(({ isPassed }) => !isPassed);
  return { modelId, version, stage, isDone: !dryRun, isOverride, checks, aliases: model.aliases };
}

function promotedBefore(ctx: Ctx<"models.promote">, move: AliasMove): PromotionView {
  const { modelId, version, stage } = ctx.params;
  const { isOverride, after: aliases } = move;
  ctx.meta.isReplay = true;
  // sound: what `moveAliases` recorded
  const checks = move.checks as unknown as readonly PromotionCheck[];
  return { modelId, version, stage, isDone: true, isOverride, checks, aliases };
}

/** The champion itself needs no leave to stay. */
async function checksOf(
  parts: RegistryParts,
  model: StoredModel,
  version: StoredVersion,
): Promise<readonly PromotionCheck[]> {
  const { champion } = model.aliases;
  if (champion === version.version) return [];
  const candidate = await contender(parts, version);
  if (champion === null) return promotionChecks(candidate, null, null);
  const holder = await versionOf(parts, model, champion);
  const live: LiveRows = {
    candidate: await liveRowsOf(parts.node.pool, version),
    champion: await liveRowsOf(parts.node.pool, holder),
  };
  return promotionChecks(candidate, await contender(parts, holder), live);
}

async function contender({ registry }: RegistryParts, version: StoredVersion): Promise<Contender> {
  const { definition } = version.lineage;
  const scored = (await registry.readEvidence(version))?.scored ?? null;
  const rows: ScoredRows | null =
    scored === null
      ? null
      : { ...scored, symbol: scored.symbol.map((i) => definition.symbols[i] ?? String(i)) };
  return { definition, baselines: version.report?.baselines ?? [], scored: rows };
}

function refuse(checks: readonly PromotionCheck[], isOverride: boolean): void {
  const failed = checks.filter(({ isPassed }) => !isPassed);
  if (failed.length === 0 || isOverride) return;
  throw new RestError("PROMOTION_REFUSED", failed.map(({ message }) => message).join("; "), {
    errors: failed.map(({ code, observed, limit, message }) => ({
      path: `checks.${code}`,
      code: "OUT_OF_RANGE",
      message: `${message} (observed ${observed ?? "nothing"}, limit ${limit ?? "none"})`,
    })),
  });
}

function aliasesAfter(
  { aliases }: StoredModel,
  { version, status }: StoredVersion,
  stage: PromotionView["stage"],
): Aliases {
  if (stage === "archived") {
    if (version === aliases.champion)
      throw conflict(`version ${version} is the champion: promote another, or roll back, first`);
    return without(aliases, version);
  }
  if (status === "archived") throw conflict(`version ${version} is archived`);
  if (stage === "production") return withChampion(aliases, version);
  if (version === aliases.champion) throw conflict(`version ${version} is the champion`);
  return withChallenger(aliases, version);
}

/** @throws RestError 404, 409 where there was no champion before */
export async function rollBack(
  parts: RegistryParts,
  ctx: Ctx<"models.rollback">,
): Promise<ModelView> {
  const { modelId, reason = null } = ctx.params;
  const { tenantId, userId } = userOf(ctx);
  const requestKey = ctx.meta.idempotencyKey ?? null;
  await claimKey(parts, ctx, "rollback");
  if ((await moveUnderKey(parts, ctx, ["rollback"])) !== null) {
    ctx.meta.isReplay = true;
    return modelView(await modelOf(parts, tenantId, modelId));
  }
  const model = await moveAliases(parts, { tenantId, modelId }, async ({ aliases }) => {
    const moves = await parts.registry.aliasMoves(tenantId, modelId);
    const archived = await parts.registry.archivedVersions(tenantId, modelId);
    const before = previousChampion(moves.toReversed(), (version) => !archived.has(version));
    if (before === null) throw conflict("no version was the champion before this one");
    const after = withChampion(aliases, before);
    const terms = { userId, action: "rollback", reason, isOverride: false, requestKey } as const;
    return { ...terms, checks: [], after };
  });
  return modelView(model);
}

/** @throws RestError 404, 409 of versions that are archived or the champion */
export async function putAliases(
  parts: RegistryParts,
  ctx: Ctx<"models.putAliases">,
): Promise<ModelView> {
  const { modelId, challenger, shadow, reason = null } = ctx.params;
  const { tenantId, userId } = userOf(ctx);
  const model = await moveAliases(parts, { tenantId, modelId }, async (held) => {
    const named = [...(shadow ?? []), ...(typeof challenger === "number" ? [challenger] : [])];
    for (const version of named) await requireUsable(parts, held, version);
    const first =
      challenger === undefined ? held.aliases : withChallenger(held.aliases, challenger);
    const after = shadow === undefined ? first : withShadow(first, shadow);
    if (isSame(after, held.aliases)) return null;
    const terms = { userId, action: "alias", reason, isOverride: false, requestKey: null } as const;
    return { ...terms, checks: [], after };
  });
  return modelView(model);
}

async function requireUsable(
  parts: RegistryParts,
  model: StoredModel,
  version: number,
): Promise<void> {
  const { status } = await versionOf(parts, model, version);
  if (status === "archived") throw conflict(`version ${version} is archived`);
  if (version === model.aliases.champion) throw conflict(`version ${version} is the champion`);
}

export async function aliasHistory(
  parts: RegistryParts,
  ctx: Ctx<"models.aliases">,
): Promise<AliasHistory> {
  const { aliases, tenantId, modelId } = await modelOf(
    parts,
    userOf(ctx).tenantId,
    ctx.params.modelId,
  );
  return historyView(aliases, await parts.registry.aliasMoves(tenantId, modelId));
}
