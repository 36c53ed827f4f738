import { createHash } from "node:crypto";
import { type Connection, type Model, Schema } from "mongoose";

/** A document has 16 MiB at most, and one of 1 MiB does not hold up the others. */
const CHUNK_BYTES = 1_048_576;

/** Whose checkpoint, and of which seed. */
export interface CheckpointKey {
  readonly agentId: string;
  readonly seed: number;
}

/** A training that has begun, and goes on with what was known then, whichever node has it; kept until its job is over. */
export interface StoredTraining {
  /** of the job */
  readonly _id: string;
  readonly agentId: string;
  readonly knownAtMs: number;
}

interface StoredPart {
  readonly _id: string;
  readonly agentId: string;
  /** of the job that wrote it last */
  readonly jobId?: string;
  readonly seed: number;
  readonly steps: number;
  readonly number: number;
  /** of parts in the whole */
  readonly count: number;
  /** of the whole */
  readonly sha256: string;
  readonly bytes: Buffer;
}

const partSchema = new Schema<StoredPart>(
  {
    _id: String,
    agentId: { type: String, required: true },
    jobId: String,
    seed: { type: Number, required: true },
    steps: { type: Number, required: true },
    number: { type: Number, required: true },
    count: { type: Number, required: true },
    sha256: { type: String, required: true },
    bytes: { type: Buffer, required: true },
  },
  { collection: "rl_checkpoints", versionKey: false },
).index({ agentId: 1, seed: 1, steps: 1, number: 1 });

const trainingSchema = new Schema<StoredTraining>(
  {
    _id: String,
    agentId: { type: String, required: true },
    knownAtMs: { type: Number, required: true },
  },
  { collection: "rl_trainings", versionKey: false },
);

/** Where trainings stand: of each seed the checkpoints by their steps, until the next one is whole. */
export class CheckpointStore {
  readonly #parts: Model<StoredPart>;
  readonly #trainings: Model<StoredTraining>;

  constructor(connection: Connection) {
    const { RlCheckpoint, RlTraining } = connection.models;
    // sound: the models of these names are the ones that are made here
    this.#parts =
      (RlCheckpoint as Model<StoredPart> | undefined) ??
      connection.model<StoredPart>("RlCheckpoint", partSchema);
    // sound: as above
    this.#trainings =
      (RlTraining as Model<StoredTraining> | undefined) ??
      connection.model<StoredTraining>("RlTraining", trainingSchema);
  }

  /** Waits until the indexes are there. */
  async ready(): Promise<void> {
    await Promise.all([this.#parts.init(), this.#trainings.init()]);
  }

  /** The first to begin it says when that was. */
  async begin(training: StoredTraining): Promise<StoredTraining> {
    const { _id, ...fields } = training;
    await this.#trainings.updateOne({ _id }, { $setOnInsert: fields }, { upsert: true });
    const found = await this.#trainings.findOne({ _id }).lean<StoredTraining>().exec();
    return found ?? training;
  }

  /** All of it is there when it answers. */
  async put(
    { agentId, seed }: CheckpointKey,
    jobId: string,
    steps: number,
    bytes: Uint8Array,
  ): Promise<void> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const count = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    for (let number = 0; number < count; number += 1) {
      const part = Buffer.from(bytes.subarray(number * CHUNK_BYTES, (number + 1) * CHUNK_BYTES));
      const key = { _id: `${agentId}/${seed}/${steps}/${number}` };
      const fields = { agentId, jobId, seed, steps, number, count, sha256, bytes: part };
      await this.#parts.replaceOne(key, { ...key, ...fields }, { upsert: true });
    }
  }

  /** The newest whole one with at most so many steps; null when there is none. */
  async newest(
    { agentId, seed }: CheckpointKey,
    stepsMax: number,
  ): Promise<{ readonly steps: number; readonly bytes: Uint8Array } | null> {
    const heads = await this.#parts
      .find({ agentId, seed, number: 0, steps: { $lte: stepsMax } }, { bytes: 0 })
      .sort({ steps: -1 })
      .lean<Omit<StoredPart, "bytes">[]>();
    for (const head of heads) {
      const bytes = await this.#whole(head);
      if (bytes !== null) return { steps: head.steps, bytes };
    }
    return null;
  }

  async #whole(head: Omit<StoredPart, "bytes">): Promise<Uint8Array | null> {
    const { agentId, seed, steps, sha256 } = head;
    const parts = await this.#parts
      .find({ agentId, seed, steps })
      .sort({ number: 1 })
      .lean<StoredPart[]>();
    const bytes = Buffer.concat(parts.map((part) => bytesOf(part.bytes)));
    const found = createHash("sha256").update(bytes).digest("hex");
    return found === sha256 ? new Uint8Array(bytes) : null;
  }

  /** Those with fewer steps than these: they will not be gone on from any more. */
  async forgetBefore({ agentId, seed }: CheckpointKey, steps: number): Promise<void> {
    await this.#parts.deleteMany({ agentId, seed, steps: { $lt: steps } });
  }

  /** Those in between, both ends kept. */
  async forgetBetween({ agentId, seed }: CheckpointKey, from: number, to: number): Promise<void> {
    await this.#parts.deleteMany({ agentId, seed, steps: { $gt: from, $lt: to } });
  }

  /** All checkpoints of an agent. */
  async forget(agentId: string): Promise<void> {
    await this.#parts.deleteMany({ agentId });
  }

  /** What a job wrote beyond these steps. */
  async forgetBeyond(agentId: string, jobId: string, steps: number): Promise<void> {
    await this.#parts.deleteMany({ agentId, jobId, steps: { $gt: steps } });
  }

  /** Of all tenants. */
  trainings(): Promise<readonly StoredTraining[]> {
    return this.#trainings.find().lean<StoredTraining[]>().exec();
  }

  /** Its job is over. */
  async end(jobId: string): Promise<void> {
    await this.#trainings.deleteOne({ _id: jobId });
  }
}

/** What is read lean is BSON's own type, which holds the bytes as its `buffer`. */
function bytesOf(read: unknown): Uint8Array {
  if (read instanceof Uint8Array) return read;
  const buffer: unknown =
    typeof read === "object" && read !== null ? Reflect.get(read, "buffer") : null;
  if (buffer instanceof Uint8Array) return buffer;
  throw new TypeError("a part of a checkpoint holds no bytes");
}
