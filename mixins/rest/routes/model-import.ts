import { MODEL_KINDS } from "../../../domain/ai/model/definition.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, symbol, timeframe } from "./common.ts";
import { definitionFields, target, versionNumber } from "./model-views.ts";

const FILE_MAX_BYTES = 33_554_432;
/** In JSON the file is base64, a third longer. */
const JSON_MAX_BYTES = 2_097_152;

const numbers = s.array(s.number(), { min: 1, max: 500 });

const port = s.object({
  name: s.string(),
  type: s.nullable(s.string()),
  shape: s.array(s.nullable(s.integer())),
});

const trial = s.object({
  rows: s.describe(
    s.integer(),
    "the newest rows of its symbols in the range, by which it was tried",
  ),
  start: s.isoTime(),
  end: s.isoTime(),
  predicted: s.describe(s.integer(), "of them were answered; the others say why not"),
  unanswered: s.describe(s.record(s.integer()), "rows by the reason for no prediction"),
  outputs: s.describe(
    s.object({ min: s.number(), mean: s.number(), max: s.number() }),
    "of the predictions, as they are shown",
  ),
  latencyMs: s.object({
    oneRow: s.describe(s.number(), "the median of some"),
    perRow: s.describe(s.number(), "in a batch"),
  }),
  scored: s.describe(s.integer(), "rows whose truth is known"),
  metrics: s.describe(
    s.nullable(s.record(s.nullable(s.number()))),
    "against the truth. The model may have learnt from these very rows: that is no validation. Null where no truth is known",
  ),
});

const imported = s.named(
  "ImportedModel",
  s.object({
    modelId: id(),
    name: s.string(),
    version: versionNumber,
    artifact: s.object({ sha256: s.string(), bytes: s.integer() }),
    file: s.object({
      producer: s.string(),
      inputs: s.array(port),
      outputs: s.array(port),
    }),
    trial,
  }),
);
export type ImportedView = Infer<typeof imported>;

export const importModel = route({
  method: "POST",
  path: "/api/models/import",
  action: "model-import.create",
  area: "ai",
  permission: "models.train",
  summary: "Make a version of an ONNX file",
  description:
    "As multipart/form-data with the file in `file` (lists and objects are JSON in their form fields), or as JSON with the file in base64. " +
    "The file has one float32 input of [rows, features], in the order of `features`, and an output of numbers a row. Either `modelId` names the " +
    "model that it becomes a version of, or `name` with kind, target, symbols, timeframe and features defines a new one. It is tried on real " +
    "rows before it is stored. External data, custom operators and outputs that are no tensors (a ZipMap) are refused.",
  body: {
    file: s.optional(
      s.describe(
        s.string({
          min: 4,
          max: JSON_MAX_BYTES,
          pattern: /^[A-Za-z0-9+/]+={0,2}$/,
          hint: "must be base64",
        }),
        "the ONNX file",
      ),
    ),
    modelId: s.optional(id()),
    name: s.optional(s.string({ min: 1, max: 100 })),
    kind: s.optional(s.enum(MODEL_KINDS)),
    target: s.optional(target),
    symbols: s.optional(s.array(symbol(), { min: 1, max: 100 })),
    timeframe: s.optional(timeframe),
    features: s.optional(s.array(s.string({ min: 1, max: 200 }), { min: 1, max: 200 })),
    adjust: s.optional(definitionFields.adjust),
    scaler: s.optional(
      s.describe(
        s.object({ mean: numbers, scale: numbers }),
        "features are given as (value − mean) / scale; as they are when absent",
      ),
    ),
    output: s.optional(
      s.describe(
        s.object({
          name: s.optional(s.string({ min: 1, max: 200 })),
          column: s.optional(
            s.describe(
              s.integer({ min: 0, max: 9_999 }),
              "of the output, from 0: for a classifier that of the class 1. When absent: the only one, or the second of two of a classifier",
            ),
          ),
          transform: s.optional(
            s.describe(
              s.enum(["none", "log", "sigmoid"]),
              "`log` where a forecaster gives variances instead of their logarithms, `sigmoid` where a classifier gives log-odds",
            ),
          ),
        }),
        "the first of floats when absent",
      ),
    ),
    acceptsMissing: s.optional(
      s.describe(
        s.boolean(),
        "whether rows without a value of some feature are given to it, as NaN",
      ),
    ),
    trialStart: s.optional(s.describe(s.time(), "of the rows that it is tried on")),
    trialEnd: s.optional(s.time()),
  },
  bodyMaxBytes: JSON_MAX_BYTES,
  multipart: { file: "file", maxBytes: FILE_MAX_BYTES },
  response: imported,
  status: 201,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "CONFLICT",
    "INSUFFICIENT_DATA",
    "FEATURE_UNKNOWN",
    "FEATURE_PARAMETER_INVALID",
    "FORMULA_INVALID",
  ],
});
