import type { Config } from "../../config.ts";
import type { SourceDefinition } from "./definitions.ts";

/** Files below the directory that the configuration names. */
export function filesOf({ sources }: Config): SourceDefinition {
  return {
    sourceId: "files",
    kind: "files",
    assetClasses: ["equity", "index", "etf", "crypto", "fx", "future", "commodity"],
    timeframes: ["1m", "5m", "15m", "30m", "1h", "4h", "1d"],
    hasTrades: true,
    streams: [],
    variables: ["DATA_FILES_DIR"],
    isConfigured: sources.filesDir !== null,
    priority: 5,
    limit: { requests: 1_000, perSeconds: 1 },
    symbolAt: (symbol) => symbol,
  };
}
