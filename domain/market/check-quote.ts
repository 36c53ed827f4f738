import { dec, type DecimalString } from "../shared/decimal.ts";
import { FieldReader, isRecord } from "./field-reader.ts";
import type { Quote } from "./quote.ts";
import { futureFault, refuse, type CheckLimits, type Checked, type Refused } from "./refusal.ts";

/**
 * Turns data from outside into a quote of one or two sides, or says why not. A side is absent, hence null, when its price is
 * missing or zero or its size is zero (vendor files write both for "nobody there"); a side without a size is there with
 * size null. A locked market (bid = ask) is accepted, a crossed one refused. `last` is left to trades. The limits' `nowMs`
 * becomes the time at which we learnt of it.
 */
export function checkQuote(input: unknown, limits: CheckLimits): Checked<Quote> {
  if (!isRecord(input)) return refuse("NOT_AN_OBJECT", "expected an object with a quote's fields");
  const fields = new FieldReader(input);
  const bid = readSide(fields, "bid", "bidSize");
  const ask = readSide(fields, "ask", "askSize");
  const quote: Quote = {
    symbol: fields.symbol(),
    bid: bid.price,
    ask: ask.price,
    bidSize: bid.size,
    askSize: ask.size,
    last: null,
    lastSize: null,
    tsEventMs: fields.timeMs("tsEventMs"),
    tsInitMs: limits.nowMs,
  };
  const refused =
    fields.fault ?? sidesFault(quote) ?? futureFault("tsEventMs", quote.tsEventMs, limits);
  return refused === null ? { accepted: quote } : { refused };
}

interface Side {
  readonly price: DecimalString | null;
  readonly size: DecimalString | null;
}

const ABSENT: Side = { price: null, size: null };

function readSide(fields: FieldReader, priceField: string, sizeField: string): Side {
  const price = fields.decimalOrNull(priceField);
  const size = fields.decimalOrNull(sizeField);
  if (size !== null && dec(size).isNegative()) {
    return fields.refuse("SIZE_NEGATIVE", sizeField, "≥ 0", ABSENT);
  }
  return price === null || price === "0" || size === "0" ? ABSENT : { price, size };
}

function sidesFault(quote: Quote): Refused | null {
  if (quote.bid === null && quote.ask === null) {
    return { reason: "QUOTE_EMPTY", detail: "expected a bid or an ask, found neither" };
  }
  if (isCrossed(quote.bid, quote.ask)) {
    return {
      reason: "QUOTE_CROSSED",
      detail: `bid ${String(quote.bid)} is above ask ${String(quote.ask)}`,
    };
  }
  return null;
}

/** Whether the bid is above the ask; an absent side crosses nothing. */
export function isCrossed(bid: DecimalString | null, ask: DecimalString | null): boolean {
  return bid !== null && ask !== null && dec(bid).greaterThan(ask);
}
