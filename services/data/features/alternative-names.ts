import { Refusal } from "../../../domain/shared/errors.ts";

/** A feature that rests on alternative data. */
export type AlternativeFeature =
  | { readonly kind: "sentiment"; readonly name: string; readonly bars: number }
  /** `series`: the id of a series, or its source and the id with a slash between */
  | { readonly kind: "series"; readonly name: string; readonly series: string };

const SENTIMENT = "news_sentiment";
const SERIES = "series_";
const BARS_DEFAULT = 5;
const BARS_MAX = 1_000;

/**
 * Reads `news_sentiment_5` and `series_GDP`.
 * @returns null for the name of another feature
 * @throws Refusal FEATURE_PARAMETER_INVALID
 */
export function alternativeOf(name: string): AlternativeFeature | null {
  if (name.startsWith(SERIES) && name.length > SERIES.length)
    return { kind: "series", name, series: name.slice(SERIES.length) };
  if (name === SENTIMENT)
    return { kind: "sentiment", name: `${SENTIMENT}_${BARS_DEFAULT}`, bars: BARS_DEFAULT };
  if (!name.startsWith(`${SENTIMENT}_`)) return null;
  const text = name.slice(SENTIMENT.length + 1);
  const bars = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  if (bars <= BARS_MAX) return { kind: "sentiment", name, bars };
  const message = `feature ${JSON.stringify(name)}: bars: expected an integer from 1 to ${BARS_MAX}, found ${text}`;
  throw new Refusal("invalid", "FEATURE_PARAMETER_INVALID", message, { feature: name });
}

/** What the list of features says of them. */
export const ALTERNATIVE_CATALOGUE = [
  {
    name: SENTIMENT,
    parameters: ["bars"],
    defaults: { bars: BARS_DEFAULT },
    warmup: BARS_DEFAULT,
    lines: null,
    input: null,
    description:
      "Mean sentiment, −1 to 1, of the news about the symbol that became known within so many bars up to the close",
    source: "alternative data of your tenant and of the installation",
    edge: "null where there was none",
  },
  {
    name: "series",
    parameters: ["id"],
    defaults: {},
    warmup: 0,
    lines: null,
    input: null,
    description:
      "The latest value that was known at the close of a stored series, as in series_GDP; series_fred/GDP names its source too",
    source: "alternative data of your tenant and of the installation",
    edge: "null before the first was known",
  },
] as const;
