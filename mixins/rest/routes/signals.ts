import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging, symbol } from "./common.ts";

const fraction = s.number({ min: 0, max: 1 });

const signal = s.named(
  "Signal",
  s.object({
    signalId: id(),
    strategyId: id(),
    symbol: symbol(),
    side: s.enum(["buy", "sell", "hold"]),
    strength: fraction,
    confidence: fraction,
    horizon: s.nullable(s.string()),
    reason: s.string(),
    source: s.string(),
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
  summary: "Signals",
  query: { symbol: s.optional(symbol()), since: s.optional(s.time()), ...paging },
  response: signalPage,
});
