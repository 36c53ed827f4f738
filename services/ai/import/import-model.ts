import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import { type ArtifactContent, FORMAT, toBytes } from "../../../domain/ai/model/artifact.ts";
import { openArtifact } from "../../../domain/ai/model/serve.ts";
import type { Scaler } from "../../../domain/ai/model/scaler.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { RestError, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ImportedView } from "../../../mixins/rest/routes/model-import.ts";
import { sha256Of } from "../../../models/artifacts.ts";
import type { StoredModel } from "../../../models/model-registry.ts";
import { claimRequestKey } from "../../../models/request-keys.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import type { Dataset } from "../datasets/datasets.ts";
import { joinArtifact, ONNX, ONNX_ALGORITHM, type OnnxPlan } from "../onnx/artifact.ts";
import type { OnnxFile } from "../onnx/onnx-runtime.ts";
import type { Ports } from "../onnx/wire.ts";
import { codeVersion, librariesOf } from "../registry/libraries.ts";
import type { ServingParts } from "../serving/parts.ts";
import type { ImportContext } from "./context.ts";
import { targetModel } from "./model.ts";
import { invalid, planOf } from "./plan.ts";
import { bytesOf, factsOf } from "./read-file.ts";
import { trialOf } from "./trial.ts";

/** Makes a version of an ONNX file, after it was tried on real rows. */
export async function importModel(
  node: NodeContext,
  parts: ServingParts,
  ctx: ImportContext,
): Promise<ImportedView> {
  const { userId } = userOf(ctx);
  const bytes = await bytesOf(ctx.stream, ctx.params.file);
  const facts = factsOf(bytes);
  const key = await claimKey(node, ctx, bytes);
  const model = await targetModel(node, parts, ctx);
  const { definition } = model;
  const file = { sha256: await sha256Of(bytes), bytes: () => Promise.resolve(bytes) };
  const ports = await portsOf(parts, file);
  const plan = planOf(ports, definition.features.length, definition.kind, ctx.params.output);
  const content = contentOf(definition, plan, ctx);
  const data = await rowsOf(node, parts, ctx, definition);
  const opened = openArtifact(toBytes(content), new Map([[ONNX, ONNX_ALGORITHM]]));
  const candidate = { runtime: parts.onnx, file, plan, model: opened };
  const trial = await survived(() => trialOf(candidate, data.sample, node.clock));
  const held = await model.store();
  const { version } = await parts.registry.insertVersion(
    {
      modelId: held.modelId,
      tenantId: held.tenantId,
      madeBy: key === null ? `import:${node.newId()}` : `import:${userId}:${key}`,
      format: "onnx",
      lineage: lineageOf(definition, data, held),
      report: null,
      // sound: the facts are plain JSON
      note: { imported: { ...facts, ports, plan }, trial } as unknown as Json,
      createdAtMs: node.clock.now(),
    },
    await joinArtifact(content, bytes),
  );
  return {
    modelId: held.modelId,
    name: held.name,
    version: version.version,
    artifact: { sha256: version.artifactSha256, bytes: version.artifactBytes },
    file: { producer: `${facts.producer} ${facts.producerVersion}`.trim(), ...ports },
    trial,
  };
}

/** @returns the client's key, when it has sent one */
async function claimKey(
  node: NodeContext,
  ctx: ImportContext,
  bytes: Uint8Array,
): Promise<string | null> {
  const { idempotencyKey: key } = ctx.meta;
  if (key === undefined) return null;
  const { file: _, ...asked } = ctx.params;
  const hash = bodyHash({ ...asked, sha256: await sha256Of(bytes) });
  if (await claimRequestKey(node.pool, `model-import:${userOf(ctx).userId}`, key, hash)) return key;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body");
}

function portsOf({ onnx }: ServingParts, file: OnnxFile): Promise<Ports> {
  return survived(() => onnx.ports(file));
}

/** A file that costs the process of ONNX Runtime its life is the client's fault, not ours. */
async function survived<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    if (error.type === "UNAVAILABLE") throw invalid("file", `was given up: ${error.message}`);
    if (error.name === "OnnxRefused") throw invalid("file", error.message);
    throw error;
  }
}

function contentOf(
  definition: ModelDefinition,
  plan: OnnxPlan,
  { params: { scaler, acceptsMissing = false } }: ImportContext,
): ArtifactContent {
  const columns = definition.features.length;
  return {
    format: FORMAT,
    algorithm: ONNX,
    definition,
    parameters: {},
    scaling: scaler === undefined ? "none" : "standard",
    acceptsMissing,
    scaler: scaler === undefined ? unscaled(columns) : scalerOf(scaler, columns),
    // sound: a plan is plain JSON
    fitted: plan as unknown as Json,
    finishing: {
      calibration: { kind: "none" },
      factor: 1,
      band: null,
      range: null,
      // What it has learnt from is not known here.
      novelty: null,
    },
  };
}

function unscaled(columns: number): Scaler {
  return {
    mean: Array.from({ length: columns }, () => 0),
    factor: Array.from({ length: columns }, () => 1),
  };
}

function scalerOf(
  { mean, scale }: { readonly mean: readonly number[]; readonly scale: readonly number[] },
  columns: number,
): Scaler {
  const faults = Object.entries({ mean, scale }).flatMap(([name, values]) =>
    values.length === columns
      ? []
      : [
          {
            path: `scaler.${name}`,
            code: "INVALID_VALUE" as const,
            message: `must have ${columns} numbers, one a feature`,
          },
        ],
  );
  if (faults.length > 0) throw unprocessable(faults);
  const factor = scale.map((value) => 1 / value);
  // Also of what is so small that its reciprocal is beyond all numbers.
  const infinite = factor.findIndex((value) => !Number.isFinite(value));
  if (infinite >= 0) throw invalid(`scaler.scale[${infinite}]`, "must not be 0, nor next to it");
  return { mean, factor };
}

async function rowsOf(
  node: NodeContext,
  { datasets }: ServingParts,
  ctx: ImportContext,
  definition: ModelDefinition,
): Promise<Dataset> {
  const { trialStart, trialEnd } = ctx.params;
  return datasets.build({
    tenantId: userOf(ctx).tenantId,
    definition,
    ...(trialStart !== undefined && { startMs: trialStart }),
    ...(trialEnd !== undefined && { endMs: trialEnd }),
    knownAtMs: node.clock.now(),
  });
}

function lineageOf(definition: ModelDefinition, data: Dataset, { aliases }: StoredModel) {
  return {
    origin: "imported" as const,
    definition,
    // The rows that it was tried on: what it has learnt from is not known here.
    data: null,
    terms: { trial: { startMs: data.startMs, endMs: data.endMs, sha256: data.sha256 } },
    libraries: librariesOf(definition),
    code: codeVersion(),
    parent: aliases.champion,
  };
}
