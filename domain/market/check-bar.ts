import { dec } from "../shared/decimal.ts";
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
  const bar: Bar = {
    symbol: fields.symbol(),
    timeframe: isTimeframe(timeframe)
      ? timeframe
      : fields.refuse("TIMEFRAME_UNKNOWN", "timeframe", `one of ${TIMEFRAMES.join(" ")}`, "1m"),
    startMs: fields.timeMs("startMs"),
    open: fields.decimal("open"),
    high: fields.decimal("high"),
    low: fields.decimal("low"),
    close: fields.decimal("close"),
    volume: fields.decimal("volume"),
    source: fields.source(),
  };
  const vwap = fields.decimalOrNull("vwap");
  const tradeCount = fields.countOrNull("tradeCount");
  return {
    ...bar,
    ...(vwap === null ? {} : { vwap }),
    ...(tradeCount === null ? {} : { tradeCount }),
  };
}

function isTimeframe(value: unknown): value is Timeframe {
  return TIMEFRAMES.some((timeframe) => timeframe === value);
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
  const high = dec(bar.high);
  const low = dec(bar.low);
  const isOutside = (price: string) => high.lessThan(price) || low.greaterThan(price);
  const range = `[${bar.low}, ${bar.high}]`;
  if (high.lessThan(low)) {
    return { reason: "HIGH_BELOW_LOW", detail: `high ${bar.high} is below low ${bar.low}` };
  }
  if (isOutside(bar.open)) {
    return { reason: "OPEN_OUTSIDE_RANGE", detail: `open ${bar.open} is outside ${range}` };
  }
  if (isOutside(bar.close)) {
    return { reason: "CLOSE_OUTSIDE_RANGE", detail: `close ${bar.close} is outside ${range}` };
  }
  if (dec(bar.volume).isNegative()) {
    return { reason: "VOLUME_NEGATIVE", detail: `volume: expected ≥ 0, found ${bar.volume}` };
  }
  return null;
}
