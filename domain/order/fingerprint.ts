import { type DecimalString, dec, text } from "../shared/decimal.ts";
import type { ExecutionReport } from "./execution-report.ts";

/**
 * The facts of a report in one line, to tell a repeat from a contradiction. Decimals are canonical (`10.0` is `10`). Free
 * text is left out, and so is the time of all but trades: venues word and stamp the same fact anew when asked again.
 */
export function fingerprint(report: ExecutionReport): string {
  return [report.execType, ...facts(report)].join("|");
}

function facts(report: ExecutionReport): readonly string[] {
  switch (report.execType) {
    case "new":
      return [report.venueOrderId];
    case "trade":
      return [
        canonical(report.lastQty),
        canonical(report.lastPx),
        canonical(report.fees),
        report.currency,
        report.liquidity,
        report.settlementDate,
        String(report.transactTimeMs),
      ];
    case "rejected":
      return [report.ordRejReason];
    case "replaced":
      return [
        String(report.revision),
        report.venueOrderId,
        canonical(report.orderQty),
        ...[report.price, report.stopPx].map((price) => (price === null ? "" : canonical(price))),
      ];
    case "replaceRejected":
      return [String(report.revision)];
    case "triggered":
    case "canceled":
    case "expired":
    case "cancelRejected":
      return [];
  }
}

function canonical(value: DecimalString): DecimalString {
  return text(dec(value));
}
