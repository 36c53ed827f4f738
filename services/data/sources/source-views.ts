import type { DataSourceView } from "../../../mixins/rest/routes/data-sources.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { SourceHealth } from "../../../models/data-sources.ts";
import type { LiveStatus } from "../live/live-counts.ts";
import type { KnownSource } from "./registry.ts";

export function toSourceView(
  { definition, settings, line }: KnownSource,
  health: SourceHealth | undefined,
  stream: LiveStatus | undefined,
): DataSourceView {
  const { sourceId, kind, isConfigured, variables, assetClasses, timeframes, hasTrades, streams } =
    definition;
  const { requests, perSeconds } = settings.rateLimit ?? definition.limit;
  return {
    sourceId,
    kind,
    isConfigured,
    variables: [...variables],
    isEnabled: settings.isEnabled,
    priority: settings.priority,
    coverage: {
      assetClasses: [...assetClasses],
      timeframes: [...timeframes],
      hasTrades,
      streams: [...streams],
    },
    symbols: settings.symbols,
    limits: { requests, perSeconds, waitMs: Math.ceil(line?.bucket.waitMs ?? 0) },
    layouts: settings.layouts,
    liveSymbols: settings.liveSymbols && [...settings.liveSymbols],
    liveKinds: settings.liveKinds && [...settings.liveKinds],
    stream: stream === undefined ? null : toStreamView(stream),
    circuit: line?.circuit() ?? null,
    health: toHealthView(health),
  };
}

function toStreamView(status: LiveStatus): NonNullable<DataSourceView["stream"]> {
  const { state, symbols, kinds, eventsPerSecond, lagMs, gapsOpen, lastErrors } = status;
  return {
    state,
    symbols: [...symbols],
    kinds: [...kinds],
    eventsPerSecond,
    lagMs,
    gapsOpen,
    lastError: lastErrors.at(-1) ?? null,
  };
}

function toHealthView(health: SourceHealth | undefined): DataSourceView["health"] {
  const { lastSuccessAtMs = null, lastErrorAtMs = null } = health ?? {};
  const { lastErrorCode = null, lastError = null } = health ?? {};
  return {
    state: stateOf(lastSuccessAtMs, lastErrorAtMs),
    lastSuccessAt: lastSuccessAtMs === null ? null : isoTime(lastSuccessAtMs),
    lastErrorAt: lastErrorAtMs === null ? null : isoTime(lastErrorAtMs),
    lastError:
      lastErrorCode === null ? null : { code: lastErrorCode, message: lastError ?? lastErrorCode },
  };
}

/** By how the last call ended. */
function stateOf(
  successAtMs: number | null,
  errorAtMs: number | null,
): DataSourceView["health"]["state"] {
  if (successAtMs === null && errorAtMs === null) return "unknown";
  return (successAtMs ?? -Infinity) >= (errorAtMs ?? -Infinity) ? "well" : "failing";
}
