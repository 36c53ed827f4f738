import { NO_ALIASES } from "../../domain/ai/registry/aliases.ts";
import type { Aliases } from "../../domain/ai/model/version.ts";
import { type ImportedView, importModel } from "../../mixins/rest/routes/model-import.ts";
import { ModelRegistry } from "../../models/model-registry.ts";
import type { HttpAnswer, HttpClient, RouteInput } from "../support/http.ts";
import { formOf } from "../support/form.ts";
import { type Mlp, mlpFile } from "../support/onnx-file.ts";
import type { TestNode } from "../support/node.ts";

/** 0.002 + 0.1·a − 0.1·b, as long as both hidden units are above 0. */
export const NET: Mlp = {
  features: 2,
  hidden: 2,
  weights: [1, 0, 0, 1],
  biases: [1, 1],
  last: [0.1, -0.1],
  bias: 0.002,
};

/** A regressor of the next day's return. */
export const IMPORTED: RouteInput = {
  kind: "regressor",
  target: { kind: "return", horizon: 1 },
  symbols: ["ACME"],
  timeframe: "1d",
  features: ["returns_1", "returns_3"],
};

/** Sends a form with the file. */
export function sendForm(
  client: HttpClient,
  fields: RouteInput,
  bytes: Uint8Array | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const { contentType, body } = formOf(fields, bytes === null ? null : { field: "file", bytes });
  return client.send({
    method: "POST",
    path: importModel.path,
    headers: {
      "content-type": contentType,
      "content-length": String(body.length),
      ...headers,
    },
    body,
  });
}

/** @throws Error when it is refused */
export async function imported(
  client: HttpClient,
  fields: RouteInput,
  bytes: Uint8Array,
): Promise<ImportedView> {
  const { status, text } = await sendForm(client, fields, bytes);
  if (status !== 201) throw new Error(`expected 201, found ${status}: ${text}`);
  // sound: what the route answers with in success
  return JSON.parse(text) as ImportedView;
}

/** Moves aliases without asking whether the version deserves it. */
export async function alias(
  { context }: TestNode,
  tenantId: string,
  modelId: string,
  aliases: Partial<Aliases>,
): Promise<void> {
  const registry = new ModelRegistry(context.documents.connection);
  const held = await registry.findModel(tenantId, modelId);
  if (held === null) throw new Error(`there is no model ${modelId}`);
  await registry.moveAliases(held, {
    atMs: context.clock.now(),
    userId: null,
    action: "alias",
    before: held.aliases,
    after: { ...NO_ALIASES, ...aliases },
    reason: null,
    requestKey: null,
    isOverride: true,
    checks: null,
  });
}

/** A model of the tenant with one version that can be asked, the same however often. */
export async function leaveImported(client: HttpClient): Promise<RouteInput> {
  const fields = { ...IMPORTED, name: "left by a test" };
  const { status, text } = await sendForm(client, fields, mlpFile(NET), {
    "idempotency-key": "left-by-a-test",
  });
  if (status !== 201) throw new Error(`expected 201, found ${status}: ${text}`);
  // sound: what the route answers with in success
  const { modelId, version } = JSON.parse(text) as ImportedView;
  return { symbol: "ACME", modelId, version };
}
