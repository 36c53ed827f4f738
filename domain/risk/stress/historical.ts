/** How far each factor went from the close of the first day to that of the last. Fractions, unless the name says basis points. */
export interface HistoricalFactors {
  /** S&P 500 */
  readonly spx: number;
  readonly spxIntraday?: number;
  readonly djia?: number;
  readonly nasdaq?: number;
  readonly smi?: number;
  /** Cboe's volatility index at both closes, in points */
  readonly vix?: readonly [from: number, to: number];
  /** par yields of the US Treasury */
  readonly ust3mBp?: number;
  readonly ust2yBp?: number;
  readonly ust10yBp?: number;
  /** crude oil, spot at Cushing */
  readonly wti?: number;
  readonly eurchf?: number;
  readonly eurchfIntraday?: number;
  readonly usdchf?: number;
  readonly gbpusd?: number;
  /** the inverse volatility note */
  readonly xiv?: number;
  /** the aggregate US bond index */
  readonly aggIndex?: number;
  /** the spread of high yield bonds */
  readonly hyOasBp?: number;
}

export type FactorName = keyof HistoricalFactors;

export interface HistoricalScenario {
  readonly id: string;
  readonly name: string;
  /** its close is what changes are taken from, ISO 8601 */
  readonly from: string;
  readonly to: string;
  readonly factors: HistoricalFactors;
  /** figures that were published, rounded, good to about a twentieth; the others are computed from the series of `SERIES` */
  readonly published: readonly FactorName[];
  readonly notes: string;
}

/** What computed figures are taken from, rounded to the digits that they are printed with. */
const SERIES: Partial<Record<FactorName, string>> = {
  spx: "S&P 500 index, daily closes",
  vix: "Cboe VIX, daily closes",
  ust3mBp: "US Treasury par yield curve",
  ust2yBp: "US Treasury par yield curve",
  ust10yBp: "US Treasury par yield curve",
  wti: "FRED DCOILWTICO, spot price at Cushing",
};

/** Where a figure comes from. */
export function sourceOf({ published }: HistoricalScenario, factor: FactorName): string {
  const series = SERIES[factor];
  return series === undefined || published.includes(factor)
    ? "published"
    : `computed from: ${series}`;
}

/** By identifier or by name. */
export function findHistorical(name: string): HistoricalScenario | null {
  return HISTORICAL.find((one) => one.id === name || one.name === name) ?? null;
}

export const HISTORICAL: readonly HistoricalScenario[] = [
  {
    id: "black-monday-1987",
    name: "Black Monday",
    from: "1987-10-16",
    to: "1987-10-19",
    factors: {
      spx: -0.2047,
      djia: -0.2261,
    },
    published: ["spx", "djia"],
    notes:
      "S&P 282.70->224.84, DJIA 2246.73->1738.74 (-508). 10y rallied ~85bp 19-20 Oct. Peak-to-trough 25 Aug-4 Dec 1987 about -33.5%.",
  },
  {
    id: "ltcm-1998",
    name: "Russia default / LTCM",
    from: "1998-07-17",
    to: "1998-08-31",
    factors: {
      spx: -0.193,
      vix: [16.23, 44.28],
      ust10yBp: -46,
      wti: -0.052,
    },
    published: [],
    notes: "to 1998-10-08: VIX 45.74, 10y -95bp, 3m -125bp",
  },
  {
    id: "dotcom-2000",
    name: "Dot-com bust",
    from: "2000-03-24",
    to: "2002-10-09",
    factors: {
      spx: -0.491,
      nasdaq: -0.78,
      vix: [23.31, 42.13],
      ust10yBp: -259,
      ust3mBp: -434,
      wti: 0.052,
    },
    published: ["nasdaq"],
    notes: "",
  },
  {
    id: "sept11-2001",
    name: "9/11 re-opening",
    from: "2001-09-10",
    to: "2001-09-21",
    factors: {
      spx: -0.116,
      vix: [31.84, 42.66],
      ust10yBp: -14,
      ust3mBp: -101,
      wti: -0.08,
    },
    published: [],
    notes: "",
  },
  {
    id: "gfc-2008",
    name: "Global financial crisis (peak-trough)",
    from: "2007-10-09",
    to: "2009-03-09",
    factors: {
      spx: -0.568,
      vix: [16.12, 49.68],
      ust10yBp: -178,
      ust3mBp: -383,
      wti: -0.414,
    },
    published: [],
    notes: "VIX closing high 80.86 on 2008-11-20",
  },
  {
    id: "lehman-2008",
    name: "Lehman month",
    from: "2008-09-12",
    to: "2008-10-10",
    factors: {
      spx: -0.282,
      vix: [25.66, 69.95],
      ust10yBp: 15,
      ust3mBp: -124,
      wti: -0.235,
    },
    published: [],
    notes: "2008-10-15: S&P -9.0% in one day",
  },
  {
    id: "flash-crash-2010",
    name: "Flash crash",
    from: "2010-05-05",
    to: "2010-05-06",
    factors: {
      spx: -0.032,
      spxIntraday: -0.087,
      vix: [24.91, 32.8],
      ust10yBp: -17,
      wti: -0.035,
    },
    published: ["spxIntraday"],
    notes:
      "14:32-14:47 ET; recovery within 20 minutes: test liquidity/market-order behaviour, not end-of-day P&L",
  },
  {
    id: "downgrade-2011",
    name: "US downgrade / euro crisis",
    from: "2011-07-22",
    to: "2011-08-08",
    factors: {
      spx: -0.168,
      vix: [17.52, 48.0],
      ust10yBp: -59,
      wti: -0.183,
    },
    published: [],
    notes: "2011-08-08: S&P -6.7%, VIX +50%",
  },
  {
    id: "chf-2015",
    name: "SNB floor removal",
    from: "2015-01-14",
    to: "2015-01-15",
    factors: {
      eurchf: -0.19,
      usdchf: -0.18,
      eurchfIntraday: -0.29,
      smi: -0.087,
      spx: -0.009,
      vix: [21.48, 22.39],
      ust10yBp: -9,
      wti: -0.044,
    },
    published: ["eurchf", "usdchf", "eurchfIntraday", "smi"],
    notes: "gap risk: stops filled far from their level, negative balances at retail brokers",
  },
  {
    id: "china-2015",
    name: "August 2015 devaluation",
    from: "2015-08-17",
    to: "2015-08-25",
    factors: {
      spx: -0.112,
      vix: [13.02, 36.02],
      ust10yBp: -4,
      wti: -0.066,
    },
    published: [],
    notes: "",
  },
  {
    id: "brexit-2016",
    name: "Brexit referendum",
    from: "2016-06-23",
    to: "2016-06-27",
    factors: {
      spx: -0.053,
      gbpusd: -0.111,
      vix: [17.25, 23.85],
      ust10yBp: -28,
      wti: -0.072,
    },
    published: ["gbpusd"],
    notes: "",
  },
  {
    id: "volmageddon-2018",
    name: "Volmageddon",
    from: "2018-02-02",
    to: "2018-02-05",
    factors: {
      spx: -0.041,
      vix: [17.31, 37.32],
      xiv: -0.963,
      wti: -0.02,
    },
    published: ["xiv"],
    notes: "VIX +115.6% is the largest one-day rise; to 2018-02-08 S&P -10.2% from 01-26",
  },
  {
    id: "q4-2018",
    name: "Q4 2018 sell-off",
    from: "2018-09-20",
    to: "2018-12-24",
    factors: {
      spx: -0.198,
      vix: [11.8, 36.07],
    },
    published: [],
    notes: "",
  },
  {
    id: "covid-2020",
    name: "COVID crash",
    from: "2020-02-19",
    to: "2020-03-23",
    factors: {
      spx: -0.339,
      vix: [14.38, 61.59],
      ust10yBp: -80,
      wti: -0.56,
      hyOasBp: 700,
    },
    published: ["ust10yBp", "wti", "hyOasBp"],
    notes:
      "VIX closing high 82.69 on 2020-03-16 (S&P -12.0% that day); WTI May future settled -37.63 on 2020-04-20: negative prices",
  },
  {
    id: "rates-2022",
    name: "2022 inflation / rates",
    from: "2022-01-03",
    to: "2022-10-12",
    factors: {
      spx: -0.254,
      vix: [16.6, 33.57],
      ust10yBp: 228,
      ust2yBp: 350,
      aggIndex: -0.15,
    },
    published: ["ust10yBp", "ust2yBp", "aggIndex"],
    notes: "bonds and equities fall together: correlation sign flip vs other scenarios",
  },
];
