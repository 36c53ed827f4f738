import { lnGamma } from "../../numeric/special.ts";
import { mean, standardDeviation } from "../../numeric/moments.ts";

const NU_MIN = 2.05;
/** Beyond it Student's t is the normal distribution to any confidence that is asked for. */
const NU_MAX = 200;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The degrees of freedom of Student's t by maximum likelihood, where mean and deviation are the sample's: golden-section search
 * over ln ν.
 * @param returns that vary
 */
export function fitNu(returns: ArrayLike<number>): number {
  const [centre, sigma] = [mean(returns), standardDeviation(returns)];
  const likelihood = (lnNu: number) => {
    const nu = Math.exp(lnNu);
    const spread = nu - 2;
    let sum = 0;
    for (let t = 0; t < returns.length; t += 1) {
      const z = ((returns[t] ?? 0) - centre) / sigma;
      sum += Math.log1p((z * z) / spread);
    }
    const constant = lnGamma((nu + 1) / 2) - lnGamma(nu / 2) - 0.5 * Math.log(spread);
    return returns.length * constant - ((nu + 1) / 2) * sum;
  };
  let [low, high] = [Math.log(NU_MIN), Math.log(NU_MAX)];
  let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atA, atB] = [likelihood(a), likelihood(b)];
  while (high - low > 1e-8) {
    if (atA >= atB) {
      [high, b, atB] = [b, a, atA];
      a = high - GOLDEN * (high - low);
      atA = likelihood(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + GOLDEN * (high - low);
      atB = likelihood(b);
    }
  }
  return Math.exp((low + high) / 2);
}
