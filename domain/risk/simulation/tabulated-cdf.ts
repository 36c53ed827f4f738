import { normalCdf, normalPdf, studentCdf, studentPdf } from "../../numeric/distributions.ts";

const REACH = 8;
const STEPS_PER_UNIT = 128;
const LEAST = 2 ** -53;

/**
 * The distribution function of the normal, or of Student's t, from a table with cubic Hermite steps: within 2e-11 of the
 * function itself for 10 ns instead of some 300. Never 0 and never 1, so that quantiles may be taken of it.
 */
export function tabulatedCdf(nu: number | null): (x: number) => number {
  const cdf = nu === null ? normalCdf : (x: number) => studentCdf(x, nu);
  const pdf = nu === null ? normalPdf : (x: number) => studentPdf(x, nu);
  const size = 2 * REACH * STEPS_PER_UNIT + 1;
  const xOf = (i: number): number => i / STEPS_PER_UNIT - REACH;
  const values = Float64Array.from({ length: size }, (_, i) => cdf(xOf(i)));
  const slopes = Float64Array.from({ length: size }, (_, i) => pdf(xOf(i)) / STEPS_PER_UNIT);
  return (x) => {
    if (!(Math.abs(x) < REACH)) return within(cdf(x));
    const at = (x + REACH) * STEPS_PER_UNIT;
    const i = Math.floor(at);
    const t = at - i;
    const [y0, y1] = [values[i] ?? 0, values[i + 1] ?? 1];
    const [m0, m1] = [slopes[i] ?? 0, slopes[i + 1] ?? 0];
    const rise = y1 - y0;
    // y0 + t·m0 + t²·(3·rise − 2·m0 − m1) + t³·(m0 + m1 − 2·rise)
    const value = y0 + t * (m0 + t * (3 * rise - 2 * m0 - m1 + t * (m0 + m1 - 2 * rise)));
    return within(value);
  };
}

function within(p: number): number {
  return Math.min(1 - LEAST, Math.max(LEAST, p));
}
