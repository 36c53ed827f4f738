import { Errors } from "moleculer";
import type { Bar } from "../../../domain/market/bar.ts";
import { Refusal } from "../../../domain/shared/errors.ts";
import { listRunningStrategies } from "../../../models/strategies.ts";
import type { NodeContext } from "../../context.ts";
import { runStrategy } from "./run-strategy.ts";

const PREDICTIONS = "predictions.onBar";
/** From here on it is not the request's fault. */
const SERVER_FAULT = 500;

/** A closed bar on its way: first models say what comes next, then strategies act. */
export class SignalsOnBar {
  readonly #node: NodeContext;
  #hasPredictions = false;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  /**
   * Acknowledged: it ends once every signal of the bar is recorded and acted upon. A repeat changes nothing.
   * @throws Error of what may go better another time, after all strategies had their turn
   */
  async take(bar: Bar): Promise<void> {
    await this.#predict(bar);
    const { symbol, timeframe } = bar;
    const failures: unknown[] = [];
    for (const strategy of await listRunningStrategies(this.#node.pool, { symbol, timeframe })) {
      try {
        await runStrategy(this.#node, strategy, bar);
      } catch (err) {
        if (isNotYet(err)) continue;
        const { strategyId } = strategy;
        if (isRefused(err))
          this.#node.log.error({ err, strategyId }, "a strategy cannot run on this bar");
        else failures.push(err);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** By whoever has models in this installation; one that was there once is not passed over later. */
  async #predict(bar: Bar): Promise<void> {
    if (this.#node.broker.registry.actions.isAvailable(PREDICTIONS)) this.#hasPredictions = true;
    if (this.#hasPredictions) await this.#node.broker.call(PREDICTIONS, { bar });
  }
}

/** The history is too short yet: no more than a rule that is warming up. */
function isNotYet(err: unknown): boolean {
  return err instanceof Errors.MoleculerError && err.type === "INSUFFICIENT_DATA";
}

/** It would be refused for ever: the market and the other strategies go on without it. */
function isRefused(err: unknown): boolean {
  return (
    err instanceof Refusal ||
    (err instanceof Errors.MoleculerError && !err.retryable && err.code < SERVER_FAULT)
  );
}
