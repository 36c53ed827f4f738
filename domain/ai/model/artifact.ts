import type { Json } from "../../shared/json.ts";
import { Fields } from "../algorithms/fitted.ts";
import type { Calibration } from "../calibration/calibration.ts";
import type { ResidualBand } from "../calibration/conformal.ts";
import type { Parameters } from "../learning/parameters.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type ModelDefinition, MODEL_KINDS } from "./definition.ts";
import type { Novelty } from "./novelty.ts";
import type { Scaler } from "./scaler.ts";

/** Everything that a prediction needs, as it is stored. */
export interface ArtifactContent {
  readonly format: typeof FORMAT;
  /** a name of the book of algorithms, or of a runtime outside of it */
  readonly algorithm: string;
  readonly definition: ModelDefinition;
  /** with all defaults */
  readonly parameters: Parameters;
  /** whether rows are scaled before they are given to the algorithm; novelty is told from scaled rows in any case */
  readonly scaling: "none" | "standard";
  /** whether a row with a missing feature may be predicted */
  readonly acceptsMissing: boolean;
  readonly scaler: Scaler;
  /** what `Algorithm.fit` gave */
  readonly fitted: Json;
  readonly finishing: Finishing;
}

/** How a raw output becomes a prediction. */
export interface Finishing {
  readonly calibration: Calibration;
  /** of a forecaster: what exp(raw) is multiplied by, the mean of truth over forecast in training; else 1 */
  readonly factor: number;
  /** of residuals in units of `returnScale` (regressor) or of log variances (forecaster); null: no interval */
  readonly band: (ResidualBand & { readonly coverage: number }) | null;
  /** raw outputs outside of it are no predictions; null: any finite one */
  readonly range: { readonly lower: number; readonly upper: number } | null;
  readonly novelty: Novelty | null;
}

export const FORMAT = "quantumalpha-model/1";

/** UTF-8 of canonical JSON: the same content has the same bytes. @throws RangeError of a number that is not finite */
export function toBytes(content: ArtifactContent): Uint8Array<ArrayBuffer> {
  // sound: the content is made of plain JSON
  return new TextEncoder().encode(canonicalJson(content as unknown as Json));
}

/** @throws RangeError when the bytes are not those of an artefact */
export function fromBytes(bytes: Uint8Array): ArtifactContent {
  const json = parsed(bytes);
  const fields = new Fields(json, "the artefact");
  if (fields.text("format") !== FORMAT) throw new RangeError(`expected the format ${FORMAT}`);
  const columns = featuresOf(fields).length;
  checkScaler(new Fields(fields.any("scaler"), "scaler"), columns);
  checkFinishing(new Fields(fields.any("finishing"), "finishing"), columns);
  fields.text("algorithm");
  checkObject(fields.any("parameters"), "parameters");
  fields.boolean("acceptsMissing");
  if (!["none", "standard"].includes(fields.text("scaling"))) fail("scaling");
  if (fields.any("fitted") === undefined) fail("fitted");
  // sound: every field has been looked at above, but for what the algorithm checks itself
  return json as unknown as ArtifactContent;
}

function parsed(bytes: Uint8Array): Json {
  try {
    // sound: parsed JSON is Json
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json;
  } catch (error) {
    throw new RangeError("the artefact is not JSON", { cause: error });
  }
}

function featuresOf(fields: Fields): readonly Json[] {
  const definition = new Fields(fields.any("definition"), "definition");
  const kind = definition.text("kind");
  if (!MODEL_KINDS.some((one) => one === kind)) fail("definition.kind");
  const target = new Fields(definition.any("target"), "definition.target");
  if (!(target.number("horizon") >= 1)) fail("definition.target.horizon");
  const features = definition.list("features");
  if (!features.every((name) => typeof name === "string")) fail("definition.features");
  return features;
}

function checkObject(json: Json | undefined, what: string): void {
  if (typeof json !== "object" || json === null || Array.isArray(json)) fail(what);
}

function checkScaler(scaler: Fields, columns: number): void {
  for (const name of ["mean", "factor"])
    if (scaler.numbers(name).length !== columns) fail(`scaler.${name}`);
}

function checkFinishing(finishing: Fields, columns: number): void {
  if (!(finishing.number("factor") > 0)) fail("finishing.factor");
  checkCalibration(new Fields(finishing.any("calibration"), "calibration"));
  for (const name of ["band", "range"]) {
    if (finishing.any(name) === null) continue;
    const bounds = new Fields(finishing.any(name), name);
    if (!(bounds.number("lower") <= bounds.number("upper"))) fail(`finishing.${name}`);
    if (name === "band") bounds.number("coverage");
  }
  if (finishing.any("novelty") !== null)
    checkNovelty(new Fields(finishing.any("novelty"), "novelty"), columns);
}

function checkCalibration(calibration: Fields): void {
  switch (calibration.text("kind")) {
    case "none":
      return;
    case "platt":
      calibration.number("slope");
      calibration.number("intercept");
      return;
    case "isotonic": {
      const [x, y] = [calibration.numbers("x"), calibration.numbers("y")];
      if (x.length === 0 || x.length !== y.length) fail("calibration");
      return;
    }
    default:
      fail("calibration.kind");
  }
}

function checkNovelty(novelty: Fields, columns: number): void {
  const rows = novelty.list("rows");
  if (novelty.number("columns") !== columns || columns === 0) fail("novelty.columns");
  if (rows.length === 0 || rows.length % columns !== 0 || !rows.every(isValue)) fail("novelty");
  if (!(novelty.number("average") > 0 && novelty.number("threshold") > 0)) fail("novelty");
}

function isValue(value: Json): boolean {
  return value === null || typeof value === "number";
}

function fail(what: string): never {
  throw new RangeError(`the artefact is damaged: ${what}`);
}
