export interface HypotheticalScenario {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** by name, as `namedShocks` reads them */
  readonly shocks: Readonly<Record<string, number>>;
}

/** Round figures that are customary as first questions; they are nobody's forecast. */
export const HYPOTHETICAL: readonly HypotheticalScenario[] = [
  {
    id: "market-down-20",
    name: "Market down 20 %",
    description: "Whatever follows the market does so by its beta",
    shocks: { market: -0.2 },
  },
  {
    id: "market-down-40",
    name: "Market down 40 %",
    description:
      "Whatever follows the market does so by its beta, and volatility rises by 40 points",
    shocks: { market: -0.4, volatility: 0.4 },
  },
  {
    id: "rates-up-100",
    name: "Rates up 100 basis points",
    description: "Yields of all maturities rise alike",
    shocks: { ratesBp: 100 },
  },
  {
    id: "rates-down-100",
    name: "Rates down 100 basis points",
    description: "Yields of all maturities fall alike",
    shocks: { ratesBp: -100 },
  },
  {
    id: "dollar-up-10",
    name: "Dollar up 10 %",
    description: "Against all other currencies",
    shocks: { "fx:USD": 0.1 },
  },
  {
    id: "oil-down-50",
    name: "Oil down 50 %",
    description: "Commodities move as crude oil does",
    shocks: { wti: -0.5 },
  },
  {
    id: "crypto-down-50",
    name: "Crypto down 50 %",
    description: "All of the class alike",
    shocks: { crypto: -0.5 },
  },
  {
    id: "stagflation",
    name: "Stagflation",
    description: "Equities fall, yields and oil rise",
    shocks: { market: -0.25, ratesBp: 200, wti: 0.5, volatility: 0.15 },
  },
];
