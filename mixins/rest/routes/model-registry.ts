import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id } from "./common.ts";
import { aliasesView, modelView, versionNumber } from "./model-views.ts";

const modelId = { modelId: id() };
const promote = { area: "ai", permission: "models.promote" } as const;

const reason = s.string({ min: 1, max: 1_000 });

const check = s.object({
  code: s.describe(s.string(), "see docs/AI.md"),
  isPassed: s.boolean(),
  observed: s.nullable(s.number()),
  limit: s.nullable(s.number()),
  message: s.string(),
});

const promotionView = s.named(
  "Promotion",
  s.object({
    modelId: id(),
    version: versionNumber,
    stage: s.string(),
    isDone: s.describe(s.boolean(), "false of a dry run"),
    isOverride: s.boolean(),
    checks: s.array(check),
    aliases: aliasesView,
  }),
);
export type PromotionView = Infer<typeof promotionView>;

export const promoteVersion = route({
  ...promote,
  method: "POST",
  path: "/api/models/{modelId}/promote",
  action: "models.promote",
  summary: "Put a version into a stage",
  description:
    "`staging` makes it the challenger, `archived` takes it out of use. `production` makes it the champion when it is better by test: than the " +
    "champion on the rows that both were scored on out of sample (Diebold–Mariano, p < 0.05), and not worse in turnover and drawdown; the first " +
    "one must be better than every baseline. Otherwise 409 `PROMOTION_REFUSED`, with each check that failed. Who promotes all the same says so " +
    "(`override`) and why (`reason`), which is recorded.",
  params: modelId,
  body: {
    version: versionNumber,
    stage: s.enum(["staging", "production", "archived"]),
    override: s.defaulted(s.boolean(), false),
    reason: s.optional(reason),
    dryRun: s.defaulted(s.describe(s.boolean(), "make the checks and change nothing"), false),
  },
  check: ({ override, reason: why }) =>
    override === true && why === undefined
      ? [{ path: "reason", code: "REQUIRED", message: "is required with override" }]
      : [],
  response: promotionView,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT", "PROMOTION_REFUSED"],
});

export const rollBackModel = route({
  ...promote,
  method: "POST",
  path: "/api/models/{modelId}/rollback",
  action: "models.rollback",
  summary: "Make the champion before this one the champion again",
  description: "By moving the alias, at once and without checks; again, it goes one further back.",
  params: modelId,
  body: { reason: s.optional(reason) },
  response: modelView,
  isIdempotent: true,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const putAliases = route({
  ...promote,
  method: "PUT",
  path: "/api/models/{modelId}/aliases",
  action: "models.putAliases",
  summary: "Say which versions are the challenger and the shadows",
  description: "What is left out stays. The champion is moved by `promote` and `rollback` only.",
  params: modelId,
  body: {
    challenger: s.optional(s.nullable(versionNumber)),
    shadow: s.optional(s.array(versionNumber, { max: 5 })),
    reason: s.optional(reason),
  },
  response: modelView,
  problems: ["NOT_FOUND", "CONFLICT"],
});

const move = s.object({
  at: s.isoTime(),
  userId: s.describe(s.nullable(id()), "null of a scheduled training"),
  action: s.enum(["promote", "rollback", "alias", "trained", "archive"]),
  before: aliasesView,
  after: aliasesView,
  reason: s.nullable(s.string()),
  isOverride: s.boolean(),
  checks: s.json("as they were made, with what they found"),
});
const history = s.named(
  "ModelAliasHistory",
  s.object({ aliases: aliasesView, data: s.array(move), nextCursor: s.nullable(s.string()) }),
);
export type AliasHistory = Infer<typeof history>;

export const getAliases = route({
  area: "ai",
  permission: "models.read",
  method: "GET",
  path: "/api/models/{modelId}/aliases",
  action: "models.aliases",
  summary: "The aliases of a model and how they came to be, newest first",
  description: "The newest 1,000 moves.",
  params: modelId,
  response: history,
  problems: ["NOT_FOUND"],
});
