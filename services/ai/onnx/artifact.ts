import type { Algorithm } from "../../../domain/ai/learning/algorithm.ts";
import { type ArtifactContent, toBytes } from "../../../domain/ai/model/artifact.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { copyInTurns } from "../../../mixins/compute/copy-in-turns.ts";
import { isRecord } from "../../../mixins/rest/schema.ts";

/** How outputs of the file become what a model of its kind says: `log` of one that gives variances, `sigmoid` of one that gives log-odds. */
export const TRANSFORMS = ["none", "log", "sigmoid"] as const;
export type Transform = (typeof TRANSFORMS)[number];

/** What of the file is asked, as it was checked against the file. */
export interface OnnxPlan {
  readonly input: string;
  readonly output: string;
  /** of the output, from 0 */
  readonly column: number;
  /** numbers a row of the output */
  readonly width: number;
  /** rows at a time; null: any */
  readonly batch: number | null;
  readonly transform: Transform;
}

export const ONNX = "onnx";

/** In the place of the algorithm that made the file: the file speaks for itself, in another process. */
export const ONNX_ALGORITHM: Algorithm = {
  name: ONNX,
  kinds: ["classifier", "regressor", "forecaster"],
  parameters: {},
  acceptsMissing: true,
  scaling: "none",
  lookback: () => 0,
  fit: () => {
    throw new Error("an imported model is not fitted here");
  },
  predictor: () => ({
    predict: () => {
      throw new Error("an imported model predicts in another process");
    },
    importance: null,
  }),
};

const MAGIC = "QAONNX1\n";
const HEAD_BYTES = 12;

/** One run of bytes, so that one sha256 stands for all: a mark, the length of the description, the description, the file. */
export async function joinArtifact(
  content: ArtifactContent,
  file: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const description = toBytes(content);
  const bytes = new Uint8Array(HEAD_BYTES + description.length + file.length);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  new DataView(bytes.buffer).setUint32(MAGIC.length, description.length, true);
  bytes.set(description, HEAD_BYTES);
  await copyInTurns(bytes, file, HEAD_BYTES + description.length);
  return bytes;
}

/** @returns the description's bytes, which `openArtifact` reads, and the file's; @throws RangeError */
export function splitArtifact(bytes: Uint8Array<ArrayBuffer>): {
  readonly description: Uint8Array<ArrayBuffer>;
  readonly file: Uint8Array<ArrayBuffer>;
} {
  const mark = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (bytes.length < HEAD_BYTES || mark !== MAGIC)
    throw new RangeError("expected the artefact of an imported model");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (HEAD_BYTES + length > bytes.length) throw new RangeError("the artefact is cut off");
  return {
    description: bytes.subarray(HEAD_BYTES, HEAD_BYTES + length),
    file: bytes.subarray(HEAD_BYTES + length),
  };
}

/** @param plan as `ArtifactContent.fitted` keeps it */
export function planFrom(plan: Json): OnnxPlan {
  if (!isRecord(plan)) throw damaged();
  const { input, output, column, width, batch, transform: asked } = plan;
  const transform = TRANSFORMS.find((one) => one === asked);
  if (typeof input !== "string" || typeof output !== "string" || transform === undefined)
    throw damaged();
  if (typeof column !== "number" || typeof width !== "number" || !(column < width)) throw damaged();
  if (batch !== null && typeof batch !== "number") throw damaged();
  return { input, output, column, width, batch, transform };
}

function damaged(): RangeError {
  return new RangeError("the artefact is damaged: fitted");
}
