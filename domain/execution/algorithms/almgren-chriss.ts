/**
 * The optimal liquidation trajectory under linear impact.
 * Source: R. Almgren and N. Chriss, "Optimal execution of portfolio transactions", Journal of Risk 3 (2000), 5–39, eq. 9–20.
 * All in float64; prices in money per unit, time in days. A purchase costs what the sale of as much does.
 */
export interface AlmgrenChriss {
  /** X, units to trade, ≥ 0 */
  readonly quantity: number;
  /** T */
  readonly durationDays: number;
  /** N */
  readonly intervals: number;
  /** λ, per unit of money; 0 minimises the expected cost alone */
  readonly riskAversion: number;
  /** σ, money per unit and √day */
  readonly sigma: number;
  /** γ, permanent impact: money per unit² */
  readonly gamma: number;
  /** η, temporary impact: money · day per unit² */
  readonly eta: number;
  /** ε, fixed cost: money per unit, such as half the spread */
  readonly epsilon: number;
}

export interface Trajectory {
  /** per day; 0 for the straight line */
  readonly kappa: number;
  /** 1/κ in days; null for the straight line, which has none */
  readonly halfLife: number | null;
  /** x_0 … x_N: what is left after each interval; begins with X and ends with 0 */
  readonly holdings: readonly number[];
  /** n_1 … n_N */
  readonly trades: readonly number[];
  /** E, money */
  readonly expectedCost: number;
  /** V, money² */
  readonly variance: number;
}

/** η̃ = η − γτ/2: must be positive, or trading all at once would be free. */
export function effectiveEta({
  durationDays,
  intervals,
  gamma,
  eta,
}: Pick<AlmgrenChriss, "durationDays" | "intervals" | "gamma" | "eta">): number {
  return eta - (gamma * durationDays) / intervals / 2;
}

/** @throws RangeError when η̃ ≤ 0 */
export function trajectory(model: AlmgrenChriss): Trajectory {
  const kappa = kappaOf(model);
  const holdings = steps(model.intervals + 1, (j) => model.quantity * left(model, kappa, j));
  const trades = steps(model.intervals, (j) => model.quantity * part(model, kappa, j + 1));
  return {
    kappa,
    halfLife: kappa === 0 ? null : 1 / kappa,
    holdings,
    trades,
    expectedCost: expectedCost(model, trades),
    variance: varianceOf(model, holdings),
  };
}

/** E = ½γX² + εΣ|n| + (η̃/τ)Σn², for any way to trade X in the intervals. */
export function expectedCost(
  model: Omit<AlmgrenChriss, "riskAversion" | "sigma">,
  trades: readonly number[],
): number {
  const tau = model.durationDays / model.intervals;
  const squares = trades.reduce((sum, trade) => sum + trade * trade, 0);
  const units = trades.reduce((sum, trade) => sum + Math.abs(trade), 0);
  return (
    (model.gamma * model.quantity ** 2) / 2 +
    model.epsilon * units +
    (effectiveEta(model) / tau) * squares
  );
}

/** V = σ²τ Σ_{j=1..N} x_j². @param holdings x_0 … x_N */
export function varianceOf(
  model: Pick<AlmgrenChriss, "durationDays" | "intervals" | "sigma">,
  holdings: readonly number[],
): number {
  const tau = model.durationDays / model.intervals;
  const squares = holdings.slice(1).reduce((sum, held) => sum + held * held, 0);
  return model.sigma ** 2 * tau * squares;
}

/** κ = acosh(1 + z)/τ with z = λσ²τ²/(2η̃); acosh(1 + z) = 2·asinh(√(z/2)), which keeps its digits for a small z. */
function kappaOf(model: AlmgrenChriss): number {
  const etaTilde = effectiveEta(model);
  if (!(etaTilde > 0)) {
    throw new RangeError(`eta − gamma·tau/2: expected above 0, found ${String(etaTilde)}`);
  }
  const tau = model.durationDays / model.intervals;
  const z = (model.riskAversion * model.sigma ** 2 * tau ** 2) / (2 * etaTilde);
  return (2 * Math.asinh(Math.sqrt(z / 2))) / tau;
}

/** sinh(κ(T − t_j)) / sinh(κT), by exponentials of negative numbers alone: sinh itself overflows at 711. */
function left({ durationDays, intervals }: AlmgrenChriss, kappa: number, j: number): number {
  if (isStraight(kappa, durationDays)) return (intervals - j) / intervals;
  const whole = kappa * durationDays;
  const rest = (whole * (intervals - j)) / intervals;
  return (Math.exp(rest - whole) * Math.expm1(-2 * rest)) / Math.expm1(-2 * whole);
}

/** n_j / X = 2 sinh(κτ/2) cosh(κ(T − t_{j−½})) / sinh(κT), likewise: a difference of holdings would lose its digits. */
function part({ durationDays, intervals }: AlmgrenChriss, kappa: number, j: number): number {
  if (isStraight(kappa, durationDays)) return 1 / intervals;
  const whole = kappa * durationDays;
  const half = whole / intervals / 2;
  const middle = (whole * (intervals - j + 0.5)) / intervals;
  const scale = Math.exp(half + middle - whole);
  return (scale * Math.expm1(-2 * half) * (1 + Math.exp(-2 * middle))) / Math.expm1(-2 * whole);
}

/** Below this the curve differs from the line by less than float64 can say: sinh(u) = u(1 + u²/6 …). */
function isStraight(kappa: number, durationDays: number): boolean {
  return kappa * durationDays < 1e-9;
}

function steps(length: number, valueAt: (index: number) => number): readonly number[] {
  return Array.from({ length }, (_, index) => valueAt(index));
}

/**
 * Impact from what a market shows, by the convention of the paper's example (§3.4): trading 1 % of the daily volume in a day
 * moves the price by a spread for the moment, selling 10 % moves it by a spread for good, and each unit pays half a spread.
 * @param spread money per unit, ≥ 0
 * @param averageDailyVolume units, above 0
 */
export function calibrate(
  spread: number,
  averageDailyVolume: number,
): Pick<AlmgrenChriss, "gamma" | "eta" | "epsilon"> {
  return {
    gamma: spread / (0.1 * averageDailyVolume),
    eta: spread / (0.01 * averageDailyVolume),
    epsilon: spread / 2,
  };
}
