import type { SourceDefinition } from "./definitions.ts";

/** A market made of chance. Nothing happened in it before somebody listened. */
export const SIMULATION: SourceDefinition = {
  sourceId: "simulation",
  kind: "simulation",
  assetClasses: ["equity", "index", "etf", "crypto", "fx", "future", "commodity"],
  timeframes: [],
  hasTrades: false,
  streams: ["trades", "quotes", "books"],
  variables: [],
  isConfigured: true,
  priority: 10_000,
  limit: { requests: 1, perSeconds: 1 },
  symbolAt: (symbol) => symbol,
};
