import { SIGNAL_KINDS } from "../../../domain/ai/signals/definition.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging, symbol, timeframe } from "./common.ts";

const SYMBOLS_MAX = 50;

const fraction = s.number({ min: 0, max: 1 });
const side = s.enum(["buy", "sell", "hold"]);
const status = s.enum(["active", "expired"]);

export const signalKind = s.enum(SIGNAL_KINDS);
export const signalParameters = s.describe(
  s.record(s.json("of the kind: see docs/AI.md")),
  "of the kind; what is left out has its default",
);

const signal = s.named(
  "Signal",
  s.object({
    signalId: id(),
    strategyId: s.describe(s.nullable(id()), "null: somebody asked for it"),
    symbol: symbol(),
    side,
    strength: s.describe(fraction, "what it measures is the kind's"),
    confidence: s.describe(
      s.nullable(fraction),
      "how likely it is to be right, by `confidenceBasis`; null where nobody knows",
    ),
    confidenceBasis: s.describe(
      s.nullable(s.enum(["calibratedProbability", "hitRate", "rule"])),
      "a model's calibrated probability of this side; how often such signals of the rule were right on the stored history; of signals " +
        "of old how decisive they were, which is no probability",
    ),
    sampleSize: s.describe(
      s.nullable(s.integer()),
      "signals of the past that a hit rate rests on; with fewer than 20 there is none",
    ),
    goal: s.describe(
      s.nullable(s.enum(["long", "flat", "short"])),
      "where the position is to be; flat ends one and opens none. Null of a hold",
    ),
    weight: s.describe(
      s.number(),
      "how much of what a position takes the leg of a pair does: the two stand as the hedge ratio, the larger is 1",
    ),
    timeframe: s.nullable(timeframe),
    horizon: s.describe(s.nullable(s.integer()), "bars that it is about; null of signals of old"),
    expiresAt: s.describe(s.nullable(s.isoTime()), "close of the last of them"),
    status: s.describe(
      status,
      "expired once a bar of the symbol has closed at `expiresAt` or later",
    ),
    reason: s.string(),
    source: s.string(),
    modelId: s.nullable(id()),
    modelVersion: s.nullable(s.integer()),
    asOf: s.describe(s.isoTime(), "close of the bar that it was computed on"),
  }),
);
export type SignalView = Infer<typeof signal>;
const signalPage = pageOf("SignalPage", signal);
export type SignalPage = Infer<typeof signalPage>;

export const listSignals = route({
  method: "GET",
  path: "/api/signals",
  action: "signals.list",
  area: "ai",
  permission: "signals.read",
  summary: "Your tenant's signals",
  query: {
    symbol: s.optional(symbol()),
    strategyId: s.optional(id()),
    modelId: s.optional(id()),
    side: s.optional(side),
    status: s.optional(status),
    since: s.optional(s.describe(s.time(), "by `asOf`")),
    until: s.optional(s.describe(s.time(), "by `asOf`, before it")),
    ...paging,
  },
  response: signalPage,
});

const signals = s.named("SignalList", s.object({ data: s.array(signal) }));
export type SignalList = Infer<typeof signals>;

export const createSignals = route({
  method: "POST",
  path: "/api/signals",
  action: "signals.compute",
  area: "ai",
  permission: "signals.create",
  summary: "What a rule or a model says of the newest closed bars",
  description:
    "Computed on the newest closed bar of each symbol, recorded, and told to the channel `signals`; nothing acts upon it. The same of the " +
    "same bar is the same signal. A pair takes two symbols and answers with a signal for each.",
  body: {
    symbols: s.array(symbol(), { min: 1, max: SYMBOLS_MAX }),
    timeframe: s.defaulted(timeframe, "1d"),
    modelId: s.optional(s.describe(id(), "by this model alone; instead of `strategy`")),
    strategy: s.optional(s.object({ kind: signalKind, parameters: s.optional(signalParameters) })),
  },
  check: ({ modelId, strategy }) =>
    (modelId === undefined) === (strategy === undefined)
      ? [{ path: "strategy", code: "INVALID_VALUE", message: "or modelId is needed, and not both" }]
      : [],
  response: signals,
  problems: [
    "NOT_FOUND",
    "CONFLICT",
    "INSUFFICIENT_DATA",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
  ],
});
