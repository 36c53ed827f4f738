import { lossOf } from "../../../domain/ai/metrics/losses.ts";
import { type ModelDefinition, targetSpace } from "../../../domain/ai/model/definition.ts";
import type { LabelledSample } from "../../../domain/ai/learning/sample.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import { barEndMs, durationMs } from "../../../domain/market/timeframe.ts";
import { Lru } from "../../../models/cache/lru.ts";
import type { ModelRegistry } from "../../../models/model-registry.ts";
import {
  listPending,
  type Pending,
  type Score,
  scorePredictions,
} from "../../../models/predictions.ts";
import type { NodeContext } from "../../context.ts";
import type { Datasets } from "../datasets/datasets.ts";

/** At a bar: after a long stop the rest is scored at the next ones. */
const AT_ONCE = 1_000;
const DEFINITIONS_MAX = 1_000;
const MONTH_MS = 31 * 86_400_000;

/** Tells of recorded predictions what happened, once the bars that they are about have closed. */
export class Scorer {
  readonly #node: NodeContext;
  readonly #registry: Pick<ModelRegistry, "findVersion">;
  readonly #datasets: Pick<Datasets, "build">;
  /** of versions, which never change */
  readonly #definitions = new Lru<ModelDefinition>(DEFINITIONS_MAX);

  constructor(
    node: NodeContext,
    registry: Pick<ModelRegistry, "findVersion">,
    datasets: Pick<Datasets, "build">,
  ) {
    this.#node = node;
    this.#registry = registry;
    this.#datasets = datasets;
  }

  /**
   * Those of the bar's symbol whose bars are over, whenever they were made: what fell due while nothing ran is scored now.
   * @param report of predictions that could not be scored; the others are
   */
  async onBar(
    { symbol, timeframe, startMs }: Bar,
    report: (error: unknown, of: Pending) => void,
  ): Promise<void> {
    const endMs = barEndMs(timeframe, startMs);
    const due = await listPending(this.#node.pool, { symbol, timeframe, endMs, limit: AT_ONCE });
    for (const group of (await this.#byTarget(due, report)).values()) {
      try {
        const scores = await this.#scores(group);
        await scorePredictions(this.#node.pool, scores, this.#node.clock.now());
      } catch (error) {
        report(error, group.first);
      }
    }
  }

  /** One reading of bars answers for all that are about the same thing. */
  async #byTarget(
    due: readonly Pending[],
    report: (error: unknown, of: Pending) => void,
  ): Promise<ReadonlyMap<string, Group>> {
    const groups = new Map<string, Group>();
    for (const pending of due) {
      const definition = await this.#definitionOf(pending);
      if (definition === null) {
        report(new Error("its version is not there"), pending);
        continue;
      }
      const key = JSON.stringify([pending.tenantId, definition.adjust, definition.target]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { definition, first: pending, all: [pending] });
      else group.all.push(pending);
    }
    return groups;
  }

  async #definitionOf({ tenantId, modelId, version }: Pending): Promise<ModelDefinition | null> {
    const key = `${modelId}/${version}`;
    const known = this.#definitions.get(key);
    if (known !== undefined) return known;
    const stored = await this.#registry.findVersion(tenantId, modelId, version);
    if (stored === null) return null;
    this.#definitions.set(key, stored.lineage.definition);
    return stored.lineage.definition;
  }

  async #scores({ definition, first, all }: Group): Promise<readonly Score[]> {
    const { timeframe } = definition;
    const barMs = durationMs(timeframe) ?? MONTH_MS;
    const { sample } = await this.#datasets.build({
      tenantId: first.tenantId,
      // A label needs no features.
      definition: { ...definition, symbols: [first.symbol], features: [] },
      startMs: first.asOfMs - 2 * barMs,
      knownAtMs: this.#node.clock.now(),
    });
    return all.flatMap((pending) => scoreOf(pending, definition, sample) ?? []);
  }
}

interface Group {
  readonly definition: ModelDefinition;
  /** the oldest */
  readonly first: Pending;
  readonly all: Pending[];
}

/** @returns null while it has to be waited for */
function scoreOf(
  { predictionId, asOfMs, horizon, kind, prediction }: Pending,
  { target }: ModelDefinition,
  { closeMs, y }: LabelledSample,
): Score | null {
  const row = closeMs.indexOf(asOfMs);
  const label = row < 0 ? Number.NaN : (y[row] ?? Number.NaN);
  if (Number.isNaN(label)) {
    const later = closeMs.reduce((count, at) => count + (at > asOfMs ? 1 : 0), 0);
    // Its bars are there, and tell nothing: they never will.
    return later > horizon ? { predictionId, truth: null, loss: null } : null;
  }
  const truth = targetSpace(target) === "logVariance" ? Math.exp(label) : label;
  const said = prediction.isGiven ? (prediction.probability ?? prediction.value) : null;
  if (said === null) return null;
  const loss = lossOf(kind)(said, truth);
  return { predictionId, truth, loss: Number.isFinite(loss) ? loss : null };
}
