import type { SignalView } from "../../../mixins/rest/routes/signals.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredSignal } from "../../../models/signals.ts";

export function signalView(signal: StoredSignal): SignalView {
  const { strategyId, asOfMs, expiresAtMs, origin, tenantId: _, ...shown } = signal;
  return {
    ...shown,
    strategyId: origin === "strategy" ? strategyId : null,
    expiresAt: expiresAtMs === null ? null : isoTime(expiresAtMs),
    asOf: isoTime(asOfMs),
  };
}
