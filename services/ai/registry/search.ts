import { FitRefused } from "../../../domain/ai/learning/algorithm.ts";
import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import { bestOf, halvingRungs } from "../../../domain/ai/search/halving.ts";
import type { Rung } from "../../../domain/ai/search/halving.ts";
import type { Choice } from "../../../domain/ai/search/space.ts";
import type { TrainingReport, TrainingTerms } from "../../../domain/ai/training/terms.ts";
import { distinctCloses } from "../../../domain/ai/search/closes.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { Steps } from "../../../domain/shared/steps.ts";
import { inTurns } from "../../../mixins/compute/in-turns.ts";
import { JobFailure, type JobRun } from "../../../mixins/jobs/kind.ts";
import type { SearchAsked } from "../../../mixins/rest/routes/model-training.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredModel, StoredVersion } from "../../../models/model-registry.ts";
import type { Dataset } from "../datasets/datasets.ts";
import { checkedDefinition } from "./definition.ts";
import type { RegistryParts } from "./parts.ts";
import { choicesOf } from "./search-space.ts";
import { seedOf, termsOf } from "./terms.ts";
import { askedAtMs, build, type Range, rangeOf, recordVersion } from "./train-job.ts";

/** A fit of a trial: what it lost, or why there is nothing to say. */
interface Scored {
  readonly share: number;
  readonly rows: number;
  readonly loss: number | null;
  readonly error: string | null;
}

interface Trial {
  readonly choice: Choice;
  readonly runs: Scored[];
}

/** The rows that choices are made by, and where those begin that none is made by. */
interface Split {
  /** of each bar that choices are made by, oldest first, epoch ms */
  readonly closes: Float64Array;
  readonly holdoutFromMs: number;
}

/** One search: trials rung by rung on the older rows, then a version with the best on all of them. */
export class Search {
  readonly #parts: RegistryParts;
  readonly #run: JobRun;
  readonly #asked: SearchAsked;
  #fitsDone = 0;
  #fits = 1;

  constructor(parts: RegistryParts, run: JobRun, asked: SearchAsked) {
    this.#parts = parts;
    this.#run = run;
    this.#asked = asked;
  }

  /** @throws JobFailure when no trial could be scored */
  async version(model: StoredModel): Promise<StoredVersion> {
    const definition = await checkedDefinition(this.#parts, model.tenantId, model.definition);
    const terms = termsOf(this.#asked, definition, seedOf(this.#run.jobId));
    const algorithm = this.#parts.algorithms.get(definition.algorithm);
    if (algorithm === undefined) throw new Error(`no algorithm ${definition.algorithm}`);
    const choices = choicesOf(this.#asked, algorithm, definition.parameters, terms.seed);
    const knownAtMs = await askedAtMs(this.#parts, this.#run);
    this.#run.report(0, "reading the data");
    const range = rangeOf(this.#asked);
    const dataset = await this.#build(model, definition, range, knownAtMs);
    const split = await inTurns(splitOf(dataset, this.#asked.holdout, definition.target.horizon));
    const trials = choices.map((choice): Trial => ({ choice, runs: [] }));
    const best = await this.#bestOf(trials, (share) =>
      this.#rungTerms(model, terms, split, share, knownAtMs),
    );
    const chosen = withChoice(terms, best.choice);
    const outcome = await this.#train(chosen, dataset, "training the best");
    const note = noteOf(this.#asked.method, trials, best, holdoutOf(outcome.report, split));
    const made = { run: this.#run, model, terms: chosen, range, dataset, knownAtMs, note };
    return recordVersion(this.#parts, made, outcome);
  }

  #build(
    { tenantId }: StoredModel,
    definition: ModelDefinition,
    range: Range,
    knownAtMs: number,
  ): Promise<Dataset> {
    return build(this.#parts, { tenantId, definition, range, knownAtMs });
  }

  async #rungTerms(
    model: StoredModel,
    terms: TrainingTerms,
    { closes }: Split,
    share: number,
    knownAtMs: number,
  ): Promise<RungTerms> {
    const startMs = closes[Math.floor((1 - share) * closes.length)] ?? null;
    const range = { startMs, endMs: closes.at(-1) ?? null };
    const dataset = await this.#build(model, terms.definition, range, knownAtMs);
    return { terms, dataset, share };
  }

  async #bestOf(
    trials: readonly Trial[],
    rungTerms: (share: number) => Promise<RungTerms>,
  ): Promise<Trial> {
    const rungs = this.#rungs(trials.length);
    this.#fits = rungs.reduce((sum, rung) => sum + rung.trials, 1);
    let left = trials;
    for (const rung of rungs) {
      const [terms, entrants] = [await rungTerms(rung.share), left.slice(0, rung.trials)];
      for (const trial of entrants) trial.runs.push(await this.#score(trial, terms));
      left = bestOf(entrants.map(lastLoss), entrants.length).flatMap((i) => entrants[i] ?? []);
    }
    const [best] = left;
    if (best !== undefined) return best;
    const why = trials[0]?.runs.at(-1)?.error ?? "there were no trials";
    throw new JobFailure(
      "NO_TRIAL_SCORED",
      `none of ${trials.length} trials could be scored: ${why}`,
    );
  }

  #rungs(trials: number): readonly Rung[] {
    const { method, rungs = 3, eta = 3 } = this.#asked;
    return method === "halving" ? halvingRungs(trials, rungs, eta) : [{ trials, share: 1 }];
  }

  /** A trial that the data refuse is no better than any other; the search goes on. */
  async #score({ choice }: Trial, { terms, dataset, share }: RungTerms): Promise<Scored> {
    const { rows } = dataset;
    try {
      const { report } = await this.#train(withChoice(terms, choice), dataset, "trying");
      return { share, rows, loss: meanLoss(report.scored.loss), error: null };
    } catch (error) {
      if (!(error instanceof FitRefused)) throw error;
      return { share, rows, loss: null, error: `${error.code}: ${error.message}` };
    }
  }

  async #train(terms: TrainingTerms, { sample }: Dataset, message: string) {
    this.#run.signal.throwIfAborted();
    const { signal } = this.#run;
    const onProgress = (part: number): void =>
      this.#run.report((this.#fitsDone + part) / this.#fits, message);
    try {
      return await this.#parts.train({ terms, sample }, { signal, onProgress });
    } finally {
      this.#fitsDone += 1;
    }
  }
}

interface RungTerms {
  readonly terms: TrainingTerms;
  readonly dataset: Dataset;
  readonly share: number;
}

function withChoice(terms: TrainingTerms, choice: Choice): TrainingTerms {
  const { definition } = terms;
  const parameters = { ...definition.parameters, ...choice };
  return { ...terms, definition: { ...definition, parameters } };
}

function lastLoss({ runs }: Trial): number | null {
  return runs.at(-1)?.loss ?? null;
}

/** Null of none, and of one that is no number. */
function meanLoss(losses: readonly number[]): number | null {
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return Number.isFinite(mean) ? mean : null;
}

/** @param holdout the newest part of the bars, 0 to 1; between the two lies a horizon, which labels of both would look at */
function* splitOf({ sample }: Dataset, holdout: number, horizon: number): Steps<Split> {
  const closes = yield* distinctCloses(sample);
  const count = Math.max(1, Math.floor((1 - holdout) * closes.length));
  return {
    closes: closes.subarray(0, Math.max(1, count - horizon)),
    holdoutFromMs: closes[count] ?? Infinity,
  };
}

function holdoutOf({ scored }: TrainingReport, { holdoutFromMs }: Split): Json {
  const losses = scored.loss.filter((_, i) => (scored.closeMs[i] ?? 0) >= holdoutFromMs);
  const from = Number.isFinite(holdoutFromMs) ? isoTime(holdoutFromMs) : null;
  return { from, rows: losses.length, loss: meanLoss(losses) };
}

function noteOf(method: string, trials: readonly Trial[], best: Trial, holdout: Json): Json {
  const message =
    `the best of ${trials.length} trials: its loss on the rows that it was chosen by flatters it, ` +
    "that of the holdout does not";
  return {
    search: {
      method,
      trials: trials.length,
      message,
      best: best.choice,
      loss: lastLoss(best),
      holdout,
      tried: trials.map(({ choice, runs }) => ({
        parameters: choice,
        runs: runs.map(({ share, rows, loss, error }) => ({ share, rows, loss, error })),
      })),
    },
  };
}
