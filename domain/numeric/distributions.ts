import { incompleteBeta, lnGamma, upperGamma } from "./special.ts";

/** The density of the standard normal distribution. */
export function normalPdf(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** Φ(x), exact in both tails to about 1e-15 of its value. */
export function normalCdf(x: number): number {
  const tail = 0.5 * upperGamma(0.5, 0.5 * x * x);
  return x > 0 ? 1 - tail : tail;
}

/**
 * Φ⁻¹(p): Wichura's algorithm AS 241, PPND16 (1988), relative error about 1e-16.
 * @param p in (0, 1)
 * @throws RangeError outside of it
 */
export function normalQuantile(p: number): number {
  requireProbability(p);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180_625 - q * q;
    return (q * polynomial(CENTRE_A, r)) / polynomial(CENTRE_B, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z =
    r <= 5
      ? polynomial(MIDDLE_C, r - 1.6) / polynomial(MIDDLE_D, r - 1.6)
      : polynomial(TAIL_E, r - 5) / polynomial(TAIL_F, r - 5);
  return q < 0 ? -z : z;
}

/** The density of Student's t with `nu` degrees of freedom, unscaled (variance ν/(ν − 2)). */
export function studentPdf(x: number, nu: number): number {
  const ln = lnGamma((nu + 1) / 2) - lnGamma(nu / 2) - 0.5 * Math.log(nu * Math.PI);
  return Math.exp(ln - ((nu + 1) / 2) * Math.log1p((x * x) / nu));
}

/** The distribution function of Student's t. */
export function studentCdf(x: number, nu: number): number {
  const tail = 0.5 * incompleteBeta(nu / (nu + x * x), nu / 2, 0.5);
  return x > 0 ? 1 - tail : tail;
}

/**
 * The quantile of Student's t: Newton's steps kept inside a shrinking bracket.
 * @param p  in (0, 1)
 * @param nu degrees of freedom, positive, not necessarily whole
 * @throws RangeError outside of them
 */
export function studentQuantile(p: number, nu: number): number {
  requireProbability(p);
  if (!(nu > 0)) throw new RangeError(`expected positive degrees of freedom, found ${nu}`);
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, nu);
  let [low, high] = [-1, 0];
  while (studentCdf(low, nu) > p) [low, high] = [low * 2, low];
  let x = Math.max(low, Math.min(high, normalQuantile(p)));
  for (let step = 0; step < 200; step += 1) {
    const error = studentCdf(x, nu) - p;
    if (error > 0) high = x;
    else low = x;
    const newton = x - error / studentPdf(x, nu);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-15 * Math.abs(next)) return next;
    x = next;
  }
  return x;
}

/** P(X > x) of χ² with `degrees` degrees of freedom: the p-value of a likelihood ratio. */
export function chiSquareTail(x: number, degrees: number): number {
  return upperGamma(degrees / 2, x / 2);
}

function requireProbability(p: number): void {
  if (!(p > 0 && p < 1)) throw new RangeError(`expected a probability within (0, 1), found ${p}`);
}

/** Horner's rule; the constant first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i -= 1) value = value * x + (coefficients[i] ?? 0);
  return value;
}

/* The coefficients of AS 241. */
const CENTRE_A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13_731.69376550946,
  45_921.95393154987, 67_265.7709270087, 33_430.57558358813, 2509.0809287301227,
];
const CENTRE_B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21_213.794301586597,
  39_307.89580009271, 28_729.085735721943, 5226.495278852854,
];
const MIDDLE_C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const MIDDLE_D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
];
const TAIL_E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
];
const TAIL_F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
];
