import type { Columns } from "./sp500-bars.ts";

/** Indicators written down from their definitions, each bar from its whole window, for comparison with the kernels. */

export type Line = readonly (number | null)[];
export type Definition = (columns: Columns) => Line | { readonly [line: string]: Line };

type Numbers = readonly number[];

const sum = (values: Numbers) => values.reduce((a, b) => a + b, 0);
const mean = (values: Numbers) => sum(values) / values.length;
const spread = (values: Numbers, ddof = 0) => {
  const middle = mean(values);
  return Math.sqrt(sum(values.map((v) => (v - middle) ** 2)) / (values.length - ddof));
};

/** Bar by bar of several lines; null where one of them has none. */
const zip = (lines: readonly Line[], f: (...values: number[]) => number): Line =>
  (lines[0] ?? []).map((_, t) => {
    const values = lines.map((line) => line[t] ?? null);
    return values.some((v) => v === null) ? null : f(...values.map(Number));
  });
const each = (line: Line, f: (value: number) => number): Line => zip([line], f);

/** The function of the last n values. */
const roll = (line: Line, n: number, f: (values: Numbers) => number): Line =>
  line.map((_, t) => {
    const values = line.slice(Math.max(0, t - n + 1), t + 1);
    return values.length < n || values.includes(null) ? null : f(values.map(Number));
  });
const back = (line: Line, n: number): Line => line.map((_, t) => line[t - n] ?? null);
const average = (line: Line, n: number): Line => roll(line, n, mean);
const weighted = (line: Line, n: number): Line =>
  roll(
    line,
    n,
    (values) => sum(values.map((v, i) => v * (i + 1))) / sum(values.map((_, i) => i + 1)),
  );

/** Seeded with the mean of the first n values, then decaying by `keep` a bar. */
const decaying = (line: Line, n: number, keep: number): Line => {
  const first = line.findIndex((v) => v !== null);
  const values = line.slice(first).map(Number);
  const out: number[] = [mean(values.slice(0, n))];
  for (const v of values.slice(n)) out.push(keep * (out.at(-1) ?? 0) + (1 - keep) * v);
  return line.map((_, t) => (first < 0 ? null : (out[t - first - n + 1] ?? null)));
};
const ema = (line: Line, n: number): Line => decaying(line, n, (n - 1) / (n + 1));
const wilder = (line: Line, n: number): Line => decaying(line, n, (n - 1) / n);
const emas = (line: Line, n: number, times: number): Line =>
  times === 0 ? line : ema(emas(line, n, times - 1), n);
const from = (line: Line, start: number): Line => line.map((v, t) => (t < start ? null : v));

const change = (line: Line, n = 1): Line => zip([line, back(line, n)], (a, b) => a - b);
const ratio = (line: Line, n = 1): Line => zip([line, back(line, n)], (a, b) => a / b);
const logs = (line: Line): Line => each(ratio(line), Math.log);
const rate = (line: Line, n: number): Line => each(ratio(line, n), (r) => 100 * r - 100);
const top = (line: Line, n: number): Line => roll(line, n, (v) => Math.max(...v));
const bottom = (line: Line, n: number): Line => roll(line, n, (v) => Math.min(...v));
const minus = (a: Line, b: Line): Line => zip([a, b], (x, y) => x - y);
const over = (a: Line, b: Line): Line => zip([a, b], (x, y) => x / y);

const typical = ({ high, low, close }: Columns): Line =>
  zip([high, low, close], (h, l, c) => (h + l + c) / 3);
const median = ({ high, low }: Columns): Line => zip([high, low], (h, l) => (h + l) / 2);
const trueRange = ({ high, low, close }: Columns): Line =>
  zip([high, low, back(close, 1)], (h, l, c) => Math.max(h - l, Math.abs(h - c), Math.abs(l - c)));
const gains = (line: Line): Line => each(change(line), (d) => (d > 0 ? d : 0));
const losses = (line: Line): Line => each(change(line), (d) => (d < 0 ? -d : 0));
const rsi = (line: Line, n: number): Line =>
  zip([wilder(gains(line), n), wilder(losses(line), n)], (g, l) => 100 - 100 / (1 + g / l));

/** Both averages of TA-Lib's MACD begin where the slow one does. */
const fastEma = (line: Line, fast: number, slow: number): Line =>
  ema(from(line, slow - fast), fast);
const withSignal = (line: Line, n: number) => {
  const signal = ema(line, n);
  return { line: zip([line, signal], (a) => a), signal, histogram: minus(line, signal) };
};
const stochastic = (value: Line, high: Line, low: Line, n: number): Line =>
  zip([value, top(high, n), bottom(low, n)], (v, h, l) => (100 * (v - l)) / (h - l));
const smoothed = (raw: Line, k: number, d: number) => {
  const slow = average(raw, k);
  const signal = average(slow, d);
  return { k: zip([slow, signal], (a) => a), d: signal };
};
const band = (middle: Line, width: Line) => ({
  upper: zip([middle, width], (m, w) => m + w),
  middle,
  lower: minus(middle, width),
});
const deviation = (line: Line, n: number): Line => roll(line, n, (v) => spread(v));
const moneyFlow = ({ high, low, close, volume }: Columns): Line =>
  zip([high, low, close, volume], (h, l, c, v) => (h === l ? 0 : ((2 * c - h - l) / (h - l)) * v));
const running = (line: Line): Line => {
  let level = 0;
  return line.map((v) => (v === null ? null : (level += v)));
};
const shareOf = (amount: Line, weight: Line, n: number): Line =>
  over(roll(amount, n, sum), roll(weight, n, sum));
const product = (a: Line, b: Line): Line => zip([a, b], (x, y) => x * y);

/** Movement in one direction, when it is the larger one. */
const movement = (mine: Line, other: Line): Line =>
  zip([mine, other], (a, b) => (a > 0 && a > b ? a : 0));
/** Wilder's sum as TA-Lib has it: of the first n − 1 values, then a decaying one. */
const wilderSum = (line: Line, n: number): Line => {
  let total = 0;
  return line.map((v, t) => {
    total = t < n ? total + (v ?? 0) : total - total / n + (v ?? 0);
    return t < n ? null : total;
  });
};
const directional = ({ high, low, close, ...rest }: Columns, n: number) => {
  const up = change(high);
  const down = each(change(low), (d) => -d);
  const range = wilderSum(trueRange({ high, low, close, ...rest }), n);
  const di = (moved: Line) => each(over(wilderSum(moved, n), range), (r) => 100 * r);
  const plusDi = di(movement(up, down));
  const minusDi = di(movement(down, up));
  const dx = zip([plusDi, minusDi], (p, m) => (100 * Math.abs(p - m)) / (p + m));
  return { adx: wilder(dx, n), plusDi, minusDi };
};
const freshness = (line: Line, n: number, best: (...v: number[]) => number): Line =>
  roll(line, n + 1, (v) => (100 * v.lastIndexOf(best(...v))) / n);

const slopeOf = (values: Numbers): number => {
  const middle = mean(values.map((_, i) => i));
  const centre = mean(values);
  return (
    sum(values.map((v, i) => (i - middle) * (v - centre))) /
    sum(values.map((_, i) => (i - middle) ** 2))
  );
};
const central = (values: Numbers, power: number): number => {
  const middle = mean(values);
  return mean(values.map((v) => (v - middle) ** power));
};
const covariance = (a: Numbers, b: Numbers): number =>
  mean(a.map((v, i) => v * (b[i] ?? 0))) - mean(a) * mean(b);
const paired = (
  { close, benchmark }: Columns,
  n: number,
  f: (y: Numbers, x: Numbers) => number,
) => {
  const [y, x] = [each(ratio(close), (r) => r - 1), each(ratio(benchmark), (r) => r - 1)];
  return close.map((_, t) =>
    t < n ? null : f(y.slice(t - n + 1, t + 1).map(Number), x.slice(t - n + 1, t + 1).map(Number)),
  );
};
const rootMean = (line: Line, n: number): Line => roll(line, n, (v) => Math.sqrt(mean(v)));
const rogersSatchell = ({ open, high, low, close }: Columns): Line =>
  zip([open, high, low, close], (o, h, l, c) => {
    const [up, down, body] = [Math.log(h / o), Math.log(l / o), Math.log(c / o)];
    return up * (up - body) + down * (down - body);
  });
const ultimate = (columns: Columns, n: number): Line => {
  const { low, close } = columns;
  const bought = zip([low, close, back(close, 1)], (l, c, p) => c - Math.min(l, p));
  return shareOf(bought, trueRange(columns), n);
};
const exponentOf = (values: Numbers): number => {
  const points = [1, 2, 4, 8, 16].map((scale) => {
    const moves = values.slice(scale).map((v, i) => Math.log(v / (values[i] ?? 0)) ** 2);
    return [Math.log(scale), Math.log(mean(moves)) / 2] as const;
  });
  const x = points.map(([scale]) => scale);
  const y = points.map(([, size]) => size);
  return covariance(x, y) / covariance(x, x);
};

/** By canonical name. Sources as in the catalogue. */
export const DEFINITIONS: { readonly [feature: string]: Definition } = {
  sma_20: ({ close }) => average(close, 20),
  ema_20: ({ close }) => ema(close, 20),
  wma_20: ({ close }) => weighted(close, 20),
  dema_20: ({ close }) => zip([ema(close, 20), emas(close, 20, 2)], (a, b) => 2 * a - b),
  tema_20: ({ close }) =>
    zip([ema(close, 20), emas(close, 20, 2), emas(close, 20, 3)], (a, b, c) => 3 * a - 3 * b + c),
  "t3_5_0.7": ({ close }) => {
    // Three times the generalised DEMA, (1 + v) · EMA − v · EMA of EMA, expanded by the averages of the averages.
    const gd = [1, 2, 3, 4, 5, 6].map((times) => emas(close, 5, times));
    const v = 0.7;
    const weights = [0, 0, (1 + v) ** 3, -3 * v * (1 + v) ** 2, 3 * v ** 2 * (1 + v), -(v ** 3)];
    return zip(gd, (...values) => sum(values.map((value, i) => value * (weights[i] ?? 0))));
  },
  trima_20: ({ close }) =>
    roll(close, 20, (v) => {
      const weights = v.map((_, i) => Math.min(i + 1, 20 - i));
      return sum(v.map((value, i) => value * (weights[i] ?? 0))) / sum(weights);
    }),
  trima_9: ({ close }) =>
    roll(close, 9, (v) => {
      const weights = v.map((_, i) => Math.min(i + 1, 9 - i));
      return sum(v.map((value, i) => value * (weights[i] ?? 0))) / sum(weights);
    }),
  hma_16: ({ close }) =>
    weighted(
      zip([weighted(close, 8), weighted(close, 16)], (a, b) => 2 * a - b),
      4,
    ),
  kama_10: ({ close }) => {
    let value = close[9] ?? 0;
    return close.map((now, t) => {
      if (t < 10) return null;
      const way = sum(
        close.slice(t - 9, t + 1).map((c, i) => Math.abs(c - (close[t - 10 + i] ?? 0))),
      );
      const efficiency = Math.abs(now - (close[t - 10] ?? 0)) / way;
      value += (efficiency * (2 / 3 - 2 / 31) + 2 / 31) ** 2 * (now - value);
      return value;
    });
  },
  vwma_20: ({ close, volume }) => shareOf(product(close, volume), volume, 20),
  macd_12_26_9: ({ close }) => {
    const { line, ...rest } = withSignal(minus(fastEma(close, 12, 26), ema(close, 26)), 9);
    return { macd: line, ...rest };
  },
  ppo_12_26_9: ({ close }) => {
    const ppo = each(over(fastEma(close, 12, 26), ema(close, 26)), (r) => 100 * r - 100);
    const { line, ...rest } = withSignal(ppo, 9);
    return { ppo: line, ...rest };
  },
  apo_12_26: ({ close }) => minus(fastEma(close, 12, 26), ema(close, 26)),
  mom_10: ({ close }) => change(close, 10),
  roc_10: ({ close }) => rate(close, 10),
  trix_15: ({ close }) => rate(emas(close, 15, 3), 1),
  kst_10_15_20_30_10_10_10_15_9: ({ close }) => {
    const smooth = (n: number, bars: number) => average(rate(close, n), bars);
    const kst = zip(
      [smooth(10, 10), smooth(15, 10), smooth(20, 10), smooth(30, 15)],
      (a, b, c, d) => a + 2 * b + 3 * c + 4 * d,
    );
    return { kst, signal: average(kst, 9) };
  },
  dpo_20: ({ close }) => minus(back(close, 11), average(close, 20)),
  coppock_14_11_10: ({ close }) =>
    weighted(
      zip([rate(close, 14), rate(close, 11)], (a, b) => a + b),
      10,
    ),
  rsi_14: ({ close }) => rsi(close, 14),
  cmo_14: ({ close }) => each(rsi(close, 14), (v) => 2 * v - 100),
  stoch_14_3_3: ({ high, low, close }) => smoothed(stochastic(close, high, low, 14), 3, 3),
  stochrsi_14_14_3_3: ({ close }) => {
    const strength = rsi(close, 14);
    return smoothed(stochastic(strength, strength, strength, 14), 3, 3);
  },
  willr_14: ({ high, low, close }) => each(stochastic(close, high, low, 14), (k) => k - 100),
  cci_20: (columns) =>
    roll(typical(columns), 20, (v) => {
      const middle = mean(v);
      return ((v.at(-1) ?? 0) - middle) / (0.015 * mean(v.map((x) => Math.abs(x - middle))));
    }),
  ao_5_34: (columns) => minus(average(median(columns), 5), average(median(columns), 34)),
  ultosc_7_14_28: (columns) =>
    zip(
      [ultimate(columns, 7), ultimate(columns, 14), ultimate(columns, 28)],
      (a, b, c) => (100 * (4 * a + 2 * b + c)) / 7,
    ),
  tsi_25_13: ({ close }) => {
    const twice = (line: Line) => ema(ema(line, 25), 13);
    return each(over(twice(change(close)), twice(each(change(close), Math.abs))), (r) => 100 * r);
  },
  bop: ({ open, high, low, close }) =>
    zip([open, high, low, close], (o, h, l, c) => (h === l ? 0 : (c - o) / (h - l))),
  adx_14: (columns) => directional(columns, 14),
  aroon_14: ({ high, low }) => {
    const up = freshness(high, 14, Math.max);
    const down = freshness(low, 14, Math.min);
    return { up, down, oscillator: minus(up, down) };
  },
  vortex_14: (columns) => {
    const { high, low } = columns;
    const range = trueRange(columns);
    const moved = (a: Line, b: Line) => each(minus(a, back(b, 1)), Math.abs);
    return {
      plus: shareOf(moved(high, low), range, 14),
      minus: shareOf(moved(low, high), range, 14),
    };
  },
  ichimoku_9_26_52: ({ high, low }) => {
    const middle = (n: number) => zip([top(high, n), bottom(low, n)], (h, l) => (h + l) / 2);
    const [conversion, base] = [middle(9), middle(26)];
    const spanA = zip([conversion, base], (a, b) => (a + b) / 2);
    return { conversion, base, spanA, spanB: middle(52) };
  },
  choppiness_14: (columns) =>
    zip(
      [roll(trueRange(columns), 14, sum), top(columns.high, 14), bottom(columns.low, 14)],
      (range, h, l) => (100 * Math.log10(range / (h - l))) / Math.log10(14),
    ),
  massindex_9_25: ({ high, low }) => {
    const range = ema(minus(high, low), 9);
    return roll(over(range, ema(range, 9)), 25, sum);
  },
  elderray_13: ({ high, low, close }) => ({
    bull: minus(high, ema(close, 13)),
    bear: minus(low, ema(close, 13)),
  }),
  "psar_0.02_0.2": ({ high, low }) => parabolic(high, low),
  bbands_20_2: ({ close }) =>
    band(
      average(close, 20),
      each(deviation(close, 20), (d) => 2 * d),
    ),
  "bbands_10_1.5": ({ close }) =>
    band(
      average(close, 10),
      each(deviation(close, 10), (d) => 1.5 * d),
    ),
  percentb_20_2: ({ close }) =>
    zip(
      [close, average(close, 20), deviation(close, 20)],
      (c, m, d) => (c - (m - 2 * d)) / (4 * d),
    ),
  bandwidth_20_2: ({ close }) =>
    zip([average(close, 20), deviation(close, 20)], (m, d) => (4 * d) / m),
  trange: trueRange,
  atr_14: (columns) => wilder(trueRange(columns), 14),
  natr_14: (columns) =>
    zip([wilder(trueRange(columns), 14), columns.close], (a, c) => (100 * a) / c),
  keltner_20_10_2: (columns) => {
    const middle = ema(columns.close, 20);
    const width = each(wilder(trueRange(columns), 10), (r) => 2 * r);
    return {
      upper: zip([middle, width], (m, w) => m + w),
      middle,
      lower: minus(middle, width),
    };
  },
  donchian_20: ({ high, low }) => {
    const [upper, lower] = [top(high, 20), bottom(low, 20)];
    return { upper, middle: zip([upper, lower], (h, l) => (h + l) / 2), lower };
  },
  supertrend_10_3: (columns) =>
    superTrend(columns, median(columns), wilder(trueRange(columns), 10)),
  obv: ({ close, volume }) =>
    running(
      volume.map((v, t) => (t === 0 ? v : Math.sign((close[t] ?? 0) - (close[t - 1] ?? 0)) * v)),
    ),
  vpt: ({ close, volume }) => running(zip([ratio(close), volume], (r, v) => (r - 1) * v)),
  adl: (columns) => running(moneyFlow(columns)),
  adosc_3_10: (columns) => {
    const line = running(moneyFlow(columns));
    const begun = (n: number) => decaying(line, 1, (n - 1) / (n + 1));
    return from(minus(begun(3), begun(10)), 9);
  },
  cmf_20: (columns) => shareOf(moneyFlow(columns), columns.volume, 20),
  mfi_14: (columns) => {
    const price = typical(columns);
    const flow = product(price, columns.volume);
    const up = zip([change(price), flow], (d, f) => (d > 0 ? f : 0));
    const down = zip([change(price), flow], (d, f) => (d < 0 ? f : 0));
    return zip([roll(up, 14, sum), roll(down, 14, sum)], (u, d) => 100 - 100 / (1 + u / d));
  },
  forceindex_13: ({ close, volume }) => ema(product(change(close), volume), 13),
  vwap: typical,
  rollingvwap_20: (columns) =>
    shareOf(product(typical(columns), columns.volume), columns.volume, 20),
  relvolume_20: ({ volume }) => over(volume, back(average(volume, 20), 1)),
  amihud_20: ({ close, volume }) =>
    average(
      zip([ratio(close), product(close, volume)], (r, turnover) => Math.abs(r - 1) / turnover),
      20,
    ),
  lag_1: ({ close }) => back(close, 1),
  lag_7: ({ close }) => back(close, 7),
  returns_1: ({ close }) => each(ratio(close), (r) => r - 1),
  returns_5: ({ close }) => each(ratio(close, 5), (r) => r - 1),
  logreturns_1: ({ close }) => logs(close),
  volatility_20: ({ close }) => roll(logs(close), 20, (v) => spread(v, 1)),
  "ewmavol_0.94": ({ close }) => {
    const squares = logs(close)
      .slice(1)
      .map((r) => Number(r) ** 2);
    return close.map((_, t) => {
      if (t < 75) return null;
      const seen = squares.slice(0, t).toReversed();
      const weights = seen.map((_w, ago) => 0.94 ** ago);
      return Math.sqrt(sum(seen.map((s, ago) => s * (weights[ago] ?? 0))) / sum(weights));
    });
  },
  parkinson_20: ({ high, low }) =>
    rootMean(
      zip([high, low], (h, l) => Math.log(h / l) ** 2 / (4 * Math.log(2))),
      20,
    ),
  garmanklass_20: ({ open, high, low, close }) =>
    rootMean(
      zip(
        [open, high, low, close],
        (o, h, l, c) => Math.log(h / l) ** 2 / 2 - (2 * Math.log(2) - 1) * Math.log(c / o) ** 2,
      ),
      20,
    ),
  rogerssatchell_20: (columns) => rootMean(rogersSatchell(columns), 20),
  yangzhang_20: (columns) => {
    const { open, close } = columns;
    const square = (line: Line) => roll(line, 20, (v) => spread(v, 1) ** 2);
    const gaps = square(zip([open, back(close, 1)], (o, c) => Math.log(o / c)));
    const bodies = square(zip([open, close], (o, c) => Math.log(c / o)));
    const k = 0.34 / (1.34 + 21 / 19);
    return zip([gaps, bodies, average(rogersSatchell(columns), 20)], (g, b, r) =>
      Math.sqrt(g + k * b + (1 - k) * r),
    );
  },
  drawdown_60: ({ close }) => zip([close, top(close, 60)], (c, peak) => (peak - c) / peak),
  stddev_20: ({ close }) => deviation(close, 20),
  zscore_20: ({ close }) =>
    zip([close, average(close, 20), deviation(close, 20)], (c, m, d) => (c - m) / d),
  min_20: ({ close }) => bottom(close, 20),
  max_20: ({ close }) => top(close, 20),
  percentrank_100: ({ close }) =>
    roll(close, 101, (v) => v.slice(0, -1).filter((x) => x <= (v.at(-1) ?? 0)).length),
  skew_20: ({ close }) =>
    roll(
      logs(close),
      20,
      (v) => (Math.sqrt(20 * 19) / 18) * (central(v, 3) / central(v, 2) ** 1.5),
    ),
  kurtosis_20: ({ close }) =>
    roll(
      logs(close),
      20,
      (v) => (19 / (18 * 17)) * (21 * (central(v, 4) / central(v, 2) ** 2 - 3) + 6),
    ),
  autocorr_30_1: ({ close }) =>
    roll(logs(close), 30, (v) => {
      const gaps = v.map((x) => x - mean(v));
      return sum(gaps.slice(1).map((g, i) => g * (gaps[i] ?? 0))) / sum(gaps.map((g) => g * g));
    }),
  linreg_14: ({ close }) => roll(close, 14, (v) => mean(v) + 6.5 * slopeOf(v)),
  linregslope_14: ({ close }) => roll(close, 14, slopeOf),
  efficiencyratio_10: ({ close }) =>
    over(each(change(close, 10), Math.abs), roll(each(change(close), Math.abs), 10, sum)),
  rollingbeta_60: (columns) => paired(columns, 60, (y, x) => covariance(x, y) / covariance(x, x)),
  rollingcorr_60: (columns) =>
    paired(
      columns,
      60,
      (y, x) => covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y)),
    ),
  hurst_100: ({ close }) => roll(close, 101, exponentOf),
};

/** Wilder's rules in words: the stop goes towards the extreme, and never into the ranges of the last two bars. */
function parabolic(high: Numbers, low: Numbers): Line {
  const h = (t: number) => high[t] ?? 0;
  const l = (t: number) => low[t] ?? 0;
  let long = !(l(0) - l(1) > 0 && l(0) - l(1) > h(1) - h(0));
  let [stop, extreme, step] = [long ? l(0) : h(0), long ? h(1) : l(1), 0.02];
  return high.map((_, t) => {
    if (t === 0) return null;
    const lastTwo = t === 1 ? [1] : [t - 1, t];
    if (long ? l(t) <= stop : h(t) >= stop) {
      long = !long;
      stop = long ? Math.min(extreme, ...lastTwo.map(l)) : Math.max(extreme, ...lastTwo.map(h));
      [extreme, step] = [long ? h(t) : l(t), 0.02];
      const found = stop;
      stop += step * (extreme - stop);
      stop = long ? Math.min(stop, ...lastTwo.map(l)) : Math.max(stop, ...lastTwo.map(h));
      return found;
    }
    const found = stop;
    const isFurther = long ? h(t) > extreme : l(t) < extreme;
    if (isFurther) [extreme, step] = [long ? h(t) : l(t), Math.min(0.2, step + 0.02)];
    stop += step * (extreme - stop);
    stop = long ? Math.min(stop, ...lastTwo.map(l)) : Math.max(stop, ...lastTwo.map(h));
    return found;
  });
}

function superTrend({ close }: Columns, middle: Line, range: Line) {
  let [upper, lower, isRising, isStarted] = [0, 0, false, false];
  const rows = close.map((now, t) => {
    const [m, r, before] = [middle[t] ?? null, range[t] ?? null, close[t - 1] ?? now];
    if (m === null || r === null) return { line: null, direction: null };
    const [above, below] = [m + 3 * r, m - 3 * r];
    upper = !isStarted || before > upper ? above : Math.min(upper, above);
    lower = !isStarted || before < lower ? below : Math.max(lower, below);
    if (isStarted) isRising = isRising ? now >= lower : now > upper;
    isStarted = true;
    return { line: isRising ? lower : upper, direction: isRising ? 1 : -1 };
  });
  return {
    supertrend: rows.map((row) => row.line),
    direction: rows.map((row) => row.direction),
  };
}
