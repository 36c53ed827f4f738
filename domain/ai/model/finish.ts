import type { Matrix } from "../../numeric/matrix.ts";
import { calibrated } from "../calibration/calibration.ts";
import type { Sample } from "../learning/sample.ts";
import type { ArtifactContent } from "./artifact.ts";
import { NoveltyGauge } from "./novelty.ts";
import type { Interval, NoPrediction, Prediction } from "./prediction.ts";
import { returnScale } from "./row-scale.ts";
import { scaledRows } from "./scaler.ts";

/** Makes raw outputs into predictions, or says why there is none. */
export class Finisher {
  readonly content: ArtifactContent;
  readonly #gauge: NoveltyGauge | null;

  constructor(content: ArtifactContent) {
    this.content = content;
    const { novelty } = content.finishing;
    this.#gauge = novelty === null ? null : new NoveltyGauge(novelty);
  }

  /** @throws RangeError when the sample has other columns than the model */
  checkWidth({ x }: Sample): void {
    const { features } = this.content.definition;
    if (x.columns !== features.length)
      throw new RangeError(`expected ${features.length} features, found ${x.columns}`);
  }

  /** The rows, one beneath the other, as a runtime takes them: scaled where the model wants it. */
  prepare(sample: Sample, rows: Int32Array): Matrix {
    this.checkWidth(sample);
    const { columns } = sample.x;
    const data = new Float64Array(rows.length * columns);
    rows.forEach((row, i) => data.set(this.#given(sample.x, row).data, i * columns));
    return { rows: rows.length, columns, data };
  }

  /**
   * @param raw a number a row: the probability before calibration, the return, or the logarithm of the variance
   * @param rows of the sample
   */
  finish(raw: Float64Array, sample: Sample, rows: Int32Array): Prediction[] {
    this.checkWidth(sample);
    return Array.from(rows, (row, i) => this.#one(raw[i] ?? Number.NaN, sample, row));
  }

  /** Whether all the features are there that the algorithm cannot do without. */
  isComplete({ x }: Sample, row: number): boolean {
    return this.content.acceptsMissing || missingColumn(x, row) < 0;
  }

  #one(raw: number, sample: Sample, row: number): Prediction {
    if (!this.isComplete(sample, row)) return this.#missing(sample, row);
    const novelty = this.#novelty(sample, row);
    if (novelty > 1) return this.#novel(sample, row, novelty);
    if (!Number.isFinite(raw)) return none("NOT_FINITE", "the model's output is no number");
    if (!this.#isInRange(raw))
      return none("OUT_OF_RANGE", `the model's output ${raw} is far outside of what it has learnt`);
    return this.#shown(raw, sample, row, novelty);
  }

  #shown(raw: number, sample: Sample, row: number, novelty: number): Prediction {
    const { definition, finishing } = this.content;
    const given = {
      isGiven: true as const,
      value: null,
      probability: null,
      interval: null,
      novelty,
    };
    switch (definition.kind) {
      case "classifier":
        return { ...given, probability: calibrated(finishing.calibration, raw) };
      case "regressor":
        return { ...given, value: raw, interval: this.#returnInterval(raw, sample, row) };
      case "forecaster":
        return {
          ...given,
          value: Math.exp(raw) * finishing.factor,
          interval: this.#varianceInterval(raw),
        };
    }
  }

  #returnInterval(raw: number, sample: Sample, row: number): Interval | null {
    const { band } = this.content.finishing;
    const scale = returnScale(sample, row, this.content.definition.target.horizon);
    if (band === null || Number.isNaN(scale)) return null;
    // No price falls by more than all of it.
    const lower = Math.max(-1, raw + band.lower * scale);
    return { lower, upper: raw + band.upper * scale, coverage: band.coverage };
  }

  #varianceInterval(raw: number): Interval | null {
    const { band, factor } = this.content.finishing;
    if (band === null) return null;
    return {
      lower: Math.exp(raw + band.lower) * factor,
      upper: Math.exp(raw + band.upper) * factor,
      coverage: band.coverage,
    };
  }

  #isInRange(raw: number): boolean {
    const { definition, finishing } = this.content;
    const { range } = finishing;
    if (definition.kind === "classifier") return raw >= 0 && raw <= 1;
    if (range !== null) return raw >= range.lower && raw <= range.upper;
    return definition.kind === "forecaster" || raw >= -1;
  }

  /** 1 at the threshold. */
  #novelty({ x }: Sample, row: number): number {
    const { novelty } = this.content.finishing;
    if (this.#gauge === null || novelty === null) return 0;
    return this.#gauge.dissimilarity(this.#scaled(x, row), 0) / novelty.threshold;
  }

  #novel({ x }: Sample, row: number, novelty: number): Prediction {
    const { features } = this.content.definition;
    const names = this.#gauge
      ?.farthest(this.#scaled(x, row), 0)
      .map((column) => features[column] ?? "");
    const where =
      names === undefined || names.length === 0 ? "" : `; farthest: ${names.join(", ")}`;
    return none(
      "NOVEL_ROW",
      `${novelty.toFixed(2)} times as far from the training data as is usual at most${where}`,
    );
  }

  #missing({ x }: Sample, row: number): Prediction {
    const name = this.content.definition.features[missingColumn(x, row)] ?? "";
    return none("MISSING_FEATURE", `${name} has no value, and the model needs all of its features`);
  }

  #scaled(x: Matrix, row: number): Matrix {
    return scaledRows(x, this.content.scaler, row, row + 1);
  }

  #given(x: Matrix, row: number): Matrix {
    if (this.content.scaling === "standard") return this.#scaled(x, row);
    const data = x.data.subarray(row * x.columns, (row + 1) * x.columns);
    return { rows: 1, columns: x.columns, data };
  }
}

/** The first column without a value; −1: all have one. */
function missingColumn({ data, columns }: Matrix, row: number): number {
  for (let column = 0; column < columns; column += 1)
    if (!Number.isFinite(data[row * columns + column] ?? Number.NaN)) return column;
  return -1;
}

function none(reason: NoPrediction, message: string): Prediction {
  return { isGiven: false, reason, message };
}
