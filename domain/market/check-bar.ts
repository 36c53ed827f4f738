import { dec, type DecimalString } from "../shared/decimal.ts";
import { TIMEFRAMES, type Bar, type Timeframe } from "./bar.ts";
import { FieldReader, isRecord } from "./field-reader.ts";
import { futureFault, refuse, type CheckLimits, type Checked, type Refused } from "./refusal.ts";
import { barStartMs } from "./timeframe.ts";

/**
 * Turns data from outside into a bar, its decimals in canonical form, or says why not. Prices may be zero or negative (oil
 * settled at −37.63 on 2020-04-20); volume may not. The opening time must lie on the timeframe's grid and not ahead of
 * the clock; the end may, because a venue's daily bar is complete hours before its UTC day is. A vwap is not held
 * against the range: venues count prints into it that they keep out of high and low.
 */
export function checkBar(input: unknown, limits: CheckLimits): Checked<Bar> {
  if (!isRecord(input)) return refuse("NOT_AN_OBJECT", "expected an object with a bar's fields");
  const fields = new FieldReader(input);
  const bar = readBar(fields, input["timeframe"]);
  const refused = fields.fault ?? timeFault(bar, limits) ?? rangeFault(bar);
  return refused === null ? { accepted: bar } : { refused };
}

function readBar(fields: FieldReader, timeframe: unknown): Bar {
  const symbol = fields.symbol();
  const read = isTimeframe(timeframe)
    ? timeframe
    : fields.refuse("TIMEFRAME_UNKNOWN", "timeframe", `one of ${TIMEFRAMES.join(" ")}`, "1m");
  const startMs = fields.timeMs("startMs");
  const open = fields.decimal("open");
  const high = fields.decimal("high");
  const low = fields.decimal("low");
  const close = fields.decimal("close");
  const volume = fields.decimal("volume");
  const source = fields.source();
  const vwap = fields.decimalOrNull("vwap");
  const tradeCount = fields.countOrNull("tradeCount");
  const bar = { symbol, timeframe: read, startMs, open, high, low, close, volume, source };
  if (vwap === null) return tradeCount === null ? bar : { ...bar, tradeCount };
  return tradeCount === null ? { ...bar, vwap } : { ...bar, vwap, tradeCount };
}

const TIMEFRAME_SET: ReadonlySet<unknown> = new Set(TIMEFRAMES);

function isTimeframe(value: unknown): value is Timeframe {
  return TIMEFRAME_SET.has(value);
}

function timeFault(bar: Bar, limits: CheckLimits): Refused | null {
  if (barStartMs(bar.timeframe, bar.startMs) !== bar.startMs) {
    return {
      reason: "TIME_NOT_ALIGNED",
      detail: `startMs: expected the start of a ${bar.timeframe} bar, found ${String(bar.startMs)}`,
    };
  }
  return futureFault("startMs", bar.startMs, limits);
}

function rangeFault(bar: Bar): Refused | null {
  const isOutside = (price: string) => isLess(bar.high, price) || isLess(price, bar.low);
  const range = () => `[${bar.low}, ${bar.high}]`;
  if (isLess(bar.high, bar.low)) {
    return { reason: "HIGH_BELOW_LOW", detail: `high ${bar.high} is below low ${bar.low}` };
  }
  if (isOutside(bar.open)) {
    return { reason: "OPEN_OUTSIDE_RANGE", detail: `open ${bar.open} is outside ${range()}` };
  }
  if (isOutside(bar.close)) {
    return { reason: "CLOSE_OUTSIDE_RANGE", detail: `close ${bar.close} is outside ${range()}` };
  }
  if (bar.volume.startsWith("-")) {
    return { reason: "VOLUME_NEGATIVE", detail: `volume: expected ≥ 0, found ${bar.volume}` };
  }
  return null;
}

/** A decimal of so many digits is told from every other by its float64, and rounding keeps their order. */
const EXACT_LENGTH = 15;

/** Of canonical decimals. */
function isLess(a: DecimalString, b: DecimalString): boolean {
  if (a.length <= EXACT_LENGTH && b.length <= EXACT_LENGTH) return Number(a) < Number(b);
  return dec(a).lessThan(b);
}
