import { normalPdf, normalQuantile } from "../../numeric/distributions.ts";
import { centralMoment, mean } from "../../numeric/moments.ts";
import type { ObservedBook } from "./book.ts";
import type { Measured } from "./spec.ts";

/** A number that skewness and excess kurtosis make, with its derivatives by both. */
interface Adjusted {
  readonly value: number;
  readonly bySkew: number;
  readonly byKurtosis: number;
}

/** The loss at −(z + (z² − 1)S/6 + (z³ − 3z)K/24 − (2z³ − 5z)S²/36), in deviations. @param z negative in the tail of losses */
function lossAt(z: number, skew: number, kurtosis: number): Adjusted {
  const [third, fourth, square] = [z ** 2 - 1, z ** 3 - 3 * z, 2 * z ** 3 - 5 * z];
  return {
    value: -(z + (third * skew) / 6 + (fourth * kurtosis) / 24 - (square * skew ** 2) / 36),
    bySkew: (square * skew) / 18 - third / 6,
    byKurtosis: -fourth / 24,
  };
}

/**
 * The mean of the expansion beyond its quantile, ∫q(z)φ(z)dz/(1 − c) from −∞, with the sign of a loss:
 * φ(z)/(1 − c)·(1 + zS/6 + (z² − 1)K/24 − (2z² − 1)S²/36) (Maillard, A User's Guide to the Cornish Fisher Expansion, 2012).
 */
function tailAt(z: number, confidence: number, skew: number, kurtosis: number): Adjusted {
  const density = normalPdf(z) / (1 - confidence);
  const [fourth, square] = [z ** 2 - 1, 2 * z ** 2 - 1];
  return {
    value: density * (1 + (z * skew) / 6 + (fourth * kurtosis) / 24 - (square * skew ** 2) / 36),
    bySkew: density * (z / 6 - (square * skew) / 18),
    byKurtosis: (density * fourth) / 24,
  };
}

/**
 * Whether the expansion rises with z everywhere, without which it is not a quantile function: its derivative, the quadratic
 * 1 + zS/3 + (z² − 1)K/8 − (6z² − 5)S²/36, has no two roots (Maillard 2012).
 */
export function isInCornishFisherDomain(skew: number, kurtosis: number): boolean {
  const a = kurtosis / 8 - skew ** 2 / 6;
  const b = skew / 3;
  const c = 1 - kurtosis / 8 + (5 * skew ** 2) / 36;
  return a === 0 ? b === 0 : a > 0 && b * b <= 4 * a * c;
}

/**
 * −(mean + q·s), q by the population's skewness and excess kurtosis; the shortfall is never less than that.
 * @param book whose returns vary
 */
export function cornishFisherMeasure(
  book: ObservedBook,
  confidence: number,
  isSplit: boolean,
): Measured {
  const shape = shapeOf(book.returns);
  const { centre, deviation, skew, kurtosis } = shape;
  const z = normalQuantile(1 - confidence);
  const loss = lossAt(z, skew, kurtosis);
  const tail = tailAt(z, confidence, skew, kurtosis);
  const isBroken = tail.value < loss.value;
  const beyond = isBroken ? loss : tail;
  const isDefined = isInCornishFisherDomain(skew, kurtosis);
  return {
    var: loss.value * deviation - centre,
    expectedShortfall: beyond.value * deviation - centre,
    marginal: isSplit ? marginalsOf(book, shape, loss, beyond) : null,
    warnings: [
      ...(isDefined
        ? []
        : ["skewness and kurtosis are beyond those of which the expansion is a quantile"]),
      ...(isBroken ? ["the expansion's shortfall lies below its VaR, which stands for it"] : []),
    ],
    fitted: {
      mean: centre,
      standardDeviation: deviation,
      skewness: skew,
      excessKurtosis: kurtosis,
    },
  };
}

interface ShapeOfReturns {
  readonly centre: number;
  /** m₂ */
  readonly square: number;
  /** of n − 1 */
  readonly deviation: number;
  readonly skew: number;
  readonly kurtosis: number;
}

function shapeOf(returns: Float64Array): ShapeOfReturns {
  const square = centralMoment(returns, 2);
  const centre = mean(returns);
  return {
    centre,
    square,
    deviation: Math.sqrt((square * returns.length) / (returns.length - 1)),
    skew: centralMoment(returns, 3) / square ** 1.5,
    kurtosis: centralMoment(returns, 4) / square ** 2 - 3,
  };
}

/** The chain rule: mean, deviation, skewness and kurtosis of the book each change with a weight. */
function marginalsOf(
  { columns, returns }: ObservedBook,
  { centre, square, deviation, skew, kurtosis }: ShapeOfReturns,
  loss: Adjusted,
  beyond: Adjusted,
): Measured["marginal"] {
  const found = {
    var: new Float64Array(columns.length),
    shortfall: new Float64Array(columns.length),
  };
  for (const [i, column] of columns.entries()) {
    const own = mean(column);
    let [second, third, fourth] = [0, 0, 0];
    for (let t = 0; t < returns.length; t += 1) {
      const move = (returns[t] ?? 0) - centre;
      const part = (move * ((column[t] ?? 0) - own)) / returns.length;
      second += 2 * part;
      third += 3 * part * move;
      fourth += 4 * part * move * move;
    }
    const of = ({ value, bySkew, byKurtosis }: Adjusted): number => {
      const skewMoves = third / square ** 1.5 - (1.5 * skew * second) / square;
      const kurtosisMoves = fourth / square ** 2 - (2 * (kurtosis + 3) * second) / square;
      const spread =
        (value * second) / (2 * square) + bySkew * skewMoves + byKurtosis * kurtosisMoves;
      return deviation * spread - own;
    };
    found.var[i] = of(loss);
    found.shortfall[i] = of(beyond);
  }
  return found;
}
