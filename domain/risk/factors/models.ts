export const FACTOR_MODELS = ["capm", "ff3", "carhart", "ff5", "custom", "pca"] as const;
export type FactorModel = (typeof FACTOR_MODELS)[number];

/**
 * The factors that a model has, in its order; null where the caller says which.
 *
 * MKT is the market's return less the riskless rate, SMB, HML, RMW and CMA are the zero-cost portfolios of Fama & French
 * (1993, 2015), MOM is Carhart's (1997).
 */
export const FACTORS_OF: Readonly<Record<FactorModel, readonly string[] | null>> = {
  capm: ["MKT"],
  ff3: ["MKT", "SMB", "HML"],
  carhart: ["MKT", "SMB", "HML", "MOM"],
  ff5: ["MKT", "SMB", "HML", "RMW", "CMA"],
  custom: null,
  pca: null,
};
