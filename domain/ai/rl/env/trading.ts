import type { RandomStream } from "../../../numeric/random.ts";
import type { Environment, Outcome } from "./environment.ts";
import type { TradingSeries } from "./market.ts";
import { Reward } from "./reward.ts";
import { costRate, positionsOf, type TradingTerms } from "./terms.ts";

/** Who has lost all but this part of the wealth is ruined. */
const RUIN = 0.001;

/** What an agent holds, and what became of it so far. */
export interface Holding {
  readonly position: number;
  /** log return since the position was taken, the position's sign included, in deviations of the training range */
  readonly unrealised: number;
}

/** Of an observation, behind the features: the position, and what it has earned where the terms have that. */
export function observe(
  { features }: Pick<TradingSeries, "features">,
  row: number,
  columns: number,
  terms: TradingTerms,
  { position, unrealised }: Holding,
  into: Float64Array,
): void {
  for (let i = 0; i < columns; i += 1) into[i] = features[row * columns + i] ?? 0;
  into[columns] = position;
  if (terms.unrealised) into[columns + 1] = unrealised;
}

export function widthOf(columns: number, { unrealised }: TradingTerms): number {
  return columns + (unrealised ? 2 : 1);
}

/** The simple return of a step, and the holding after it. */
export function stepOnce(
  { position: held, unrealised }: Holding,
  position: number,
  forward: number,
  cost: number,
  unit: number,
): { readonly net: number; readonly holding: Holding } {
  const net = position * forward - cost * Math.abs(position - held);
  const gained = position === 0 ? 0 : (position * Math.log(1 + forward)) / unit;
  const since = position === held ? unrealised + gained : gained;
  return { net, holding: { position, unrealised: position === 0 ? 0 : since } };
}

/**
 * A market of the past. At a bar's close the agent decides which part of its wealth it holds, and earns what the price does up to the next close,
 * less the costs of what it had to trade. An episode begins without a position at a chance bar and is cut after `episodeBars`; ruin and the
 * drawdown stop end it. To hold the same part from bar to bar costs nothing.
 */
export class TradingEnvironment implements Environment {
  readonly width: number;
  readonly actions: number;
  readonly levels: Environment["levels"];
  readonly #markets: readonly TradingSeries[];
  readonly #columns: number;
  readonly #terms: TradingTerms;
  readonly #unit: number;
  readonly #positions: readonly number[];
  readonly #cost: number;
  readonly #reward: Reward;
  /** how many places an episode may begin at, up to each market */
  readonly #starts: readonly number[];
  #market = 0;
  #row = 0;
  #left = 0;
  #holding: Holding = { position: 0, unrealised: 0 };
  #wealth = 1;
  #peak = 1;

  /**
   * @param markets at least one, each of at least 2 rows
   * @param unit deviation of log returns over the training range
   */
  constructor(
    markets: readonly TradingSeries[],
    columns: number,
    terms: TradingTerms,
    unit: number,
  ) {
    this.#markets = markets;
    this.#columns = columns;
    this.#terms = terms;
    this.#unit = unit;
    this.#positions = positionsOf(terms.positions);
    this.#cost = costRate(terms);
    this.#reward = new Reward(terms.reward, unit);
    this.width = widthOf(columns, terms);
    this.actions = this.#positions.length;
    this.levels = [
      ...Array.from({ length: columns }, () => null),
      this.#positions,
      ...(terms.unrealised ? [null] : []),
    ];
    let sum = 0;
    this.#starts = markets.map((market) => (sum += market.rows - this.#barsOf(market)));
  }

  reset(random: RandomStream, observation: Float64Array): void {
    const place = random.below(this.#starts.at(-1) ?? 1);
    this.#market = this.#starts.findIndex((upTo) => place < upTo);
    this.#row = place - (this.#starts[this.#market - 1] ?? 0);
    this.#left = this.#barsOf(this.#series());
    this.#holding = { position: 0, unrealised: 0 };
    this.#wealth = 1;
    this.#peak = 1;
    this.#reward.begin();
    this.#observe(observation);
  }

  step(action: number, _random: RandomStream, observation: Float64Array): Outcome {
    const series = this.#series();
    const forward = series.forward[this.#row] ?? 0;
    const position = this.#positions[action] ?? 0;
    const { net, holding } = stepOnce(this.#holding, position, forward, this.#cost, this.#unit);
    const kept = Math.max(net, RUIN - 1);
    const reward = this.#reward.of(kept, series.deviation[this.#row] ?? this.#unit);
    this.#holding = holding;
    this.#wealth *= 1 + kept;
    this.#peak = Math.max(this.#peak, this.#wealth);
    this.#row += 1;
    this.#left -= 1;
    this.#observe(observation);
    const isTerminal = net <= RUIN - 1 || this.#isStopped();
    return { reward, isTerminal, isTruncated: !isTerminal && this.#left <= 0 };
  }

  save(): Float64Array {
    const { position, unrealised } = this.#holding;
    return Float64Array.of(
      this.#market,
      this.#row,
      this.#left,
      position,
      unrealised,
      this.#wealth,
      this.#peak,
      ...this.#reward.save(),
    );
  }

  restore(saved: Float64Array): void {
    const [market = 0, row = 0, left = 0, position = 0, unrealised = 0, wealth = 1, peak = 1] =
      saved;
    const [mean, square] = saved.subarray(7);
    if (mean === undefined || square === undefined || (this.#markets[market]?.rows ?? 0) <= row)
      throw new RangeError("expected where an episode of these markets stands");
    this.#market = market;
    this.#row = row;
    this.#left = left;
    this.#holding = { position, unrealised };
    this.#wealth = wealth;
    this.#peak = peak;
    this.#reward.restore(mean, square);
  }

  #barsOf({ rows }: TradingSeries): number {
    return Math.min(this.#terms.episodeBars, rows - 1);
  }

  #series(): TradingSeries {
    const series = this.#markets[this.#market];
    if (series === undefined) throw new RangeError("expected a market to trade in");
    return series;
  }

  #isStopped(): boolean {
    const { drawdownStop } = this.#terms;
    if (this.#wealth <= RUIN) return true;
    return drawdownStop !== null && this.#wealth <= (1 - drawdownStop) * this.#peak;
  }

  #observe(observation: Float64Array): void {
    const { features } = this.#series();
    observe({ features }, this.#row, this.#columns, this.#terms, this.#holding, observation);
  }
}
