import { dec } from "../shared/decimal.ts";
import { FieldReader, isRecord } from "./field-reader.ts";
import type { TradeTick } from "./quote.ts";
import { futureFault, refuse, type CheckLimits, type Checked, type Refused } from "./refusal.ts";

/**
 * Turns data from outside into a trade, its decimals in canonical form, or says why not. A price may be negative; a size of
 * zero is allowed, because index values are printed with none.
 */
export function checkTick(input: unknown, limits: CheckLimits): Checked<TradeTick> {
  if (!isRecord(input)) return refuse("NOT_AN_OBJECT", "expected an object with a trade's fields");
  const fields = new FieldReader(input);
  const trade: TradeTick = {
    symbol: fields.symbol(),
    price: fields.decimal("price"),
    size: fields.decimal("size"),
    tsEventMs: fields.timeMs("tsEventMs"),
    source: fields.source(),
  };
  const refused =
    fields.fault ?? sizeFault(trade) ?? futureFault("tsEventMs", trade.tsEventMs, limits);
  return refused === null ? { accepted: trade } : { refused };
}

function sizeFault(trade: TradeTick): Refused | null {
  if (!dec(trade.size).isNegative()) return null;
  return { reason: "SIZE_NEGATIVE", detail: `size: expected ≥ 0, found ${trade.size}` };
}
