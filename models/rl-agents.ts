import { type Connection, type Model, Schema } from "mongoose";

/** An agent of a tenant, as it stands after its last training. */
export interface StoredAgent {
  /** its identifier */
  readonly _id: string;
  readonly tenantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly algorithm: string;
  readonly symbols: readonly string[];
  readonly timeframe: string;
  readonly seeds: readonly number[];
  /** of the environment, a seed */
  readonly steps: number;
  /** the job that brought it there */
  readonly jobId: string;
  /** JSON, as text: everything that it was asked for with */
  readonly order: string;
  /** JSON, as text: how the training range looked */
  readonly outlook: string;
  /** JSON, as text: what it did over its ranges */
  readonly evaluations: string;
  /** epoch ms: nothing that became known later was learnt from */
  readonly knownAtMs: number;
  readonly dataSha256: string;
  /** of the artefact that it acts by */
  readonly policySha256: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const text = { type: String, required: true } as const;
const number = { type: Number, required: true } as const;

const agentSchema = new Schema<StoredAgent>(
  {
    _id: String,
    tenantId: text,
    ownerId: text,
    name: text,
    algorithm: text,
    symbols: [String],
    timeframe: text,
    seeds: [Number],
    steps: number,
    jobId: text,
    order: text,
    outlook: text,
    evaluations: text,
    knownAtMs: number,
    dataSha256: text,
    policySha256: text,
    createdAtMs: number,
    updatedAtMs: number,
  },
  { collection: "rl_agents", versionKey: false },
).index({ tenantId: 1, createdAtMs: -1, _id: -1 });

export interface AgentQuery {
  readonly tenantId: string;
  readonly algorithm?: string | undefined;
  readonly symbol?: string | undefined;
  /** the last of the page before */
  readonly after: { readonly atMs: number; readonly id: string } | null;
  readonly limit: number;
}

/** Agents as documents, on the connection of a node. */
export class AgentStore {
  readonly #agents: Model<StoredAgent>;

  constructor(connection: Connection) {
    const { RlAgent } = connection.models;
    // sound: the model of that name is the one that is made here
    this.#agents =
      (RlAgent as Model<StoredAgent> | undefined) ??
      connection.model<StoredAgent>("RlAgent", agentSchema);
  }

  /** Waits until the index is there. */
  async ready(): Promise<void> {
    await this.#agents.init();
  }

  /** @returns false when there is one of that identifier */
  async insert(agent: StoredAgent): Promise<boolean> {
    try {
      await this.#agents.create({ ...agent });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Of an agent that still stands where it stood. @returns false when it does not */
  async replace(agent: StoredAgent, stepsBefore: number): Promise<boolean> {
    const { _id, tenantId, ...fields } = agent;
    const { matchedCount } = await this.#agents.updateOne(
      { _id, tenantId, steps: stepsBefore },
      { $set: fields },
    );
    return matchedCount === 1;
  }

  find(tenantId: string, agentId: string): Promise<StoredAgent | null> {
    return this.#agents.findOne({ _id: agentId, tenantId }).lean<StoredAgent>().exec();
  }

  /** How far an agent of any tenant has learnt; null when it is not on record. */
  async stepsOf(agentId: string): Promise<number | null> {
    const found = await this.#agents
      .findOne({ _id: agentId }, { steps: 1 })
      .lean<Pick<StoredAgent, "steps">>()
      .exec();
    return found?.steps ?? null;
  }

  count(tenantId: string): Promise<number> {
    return this.#agents.countDocuments({ tenantId }).exec();
  }

  /** Newest first. */
  list({ tenantId, algorithm, symbol, after, limit }: AgentQuery): Promise<readonly StoredAgent[]> {
    return this.#agents
      .find({
        tenantId,
        ...(algorithm !== undefined && { algorithm }),
        ...(symbol !== undefined && { symbols: symbol }),
        ...(after !== null && {
          $or: [
            { createdAtMs: { $lt: after.atMs } },
            { createdAtMs: after.atMs, _id: { $lt: after.id } },
          ],
        }),
      })
      .sort({ createdAtMs: -1, _id: -1 })
      .limit(limit)
      .lean<StoredAgent[]>()
      .exec();
  }

  /** @returns whether there was one */
  async remove(tenantId: string, agentId: string): Promise<boolean> {
    const { deletedCount } = await this.#agents.deleteOne({ _id: agentId, tenantId });
    return deletedCount === 1;
  }
}

function isDuplicateKey(error: unknown): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, "code") === 11_000;
}
