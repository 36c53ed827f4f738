import { type Connection, type Model, Schema } from "mongoose";

/** A stress scenario of a tenant. */
export interface StoredScenario {
  /** its identifier */
  readonly _id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  /** JSON, as text: names of shocks are no names of fields */
  readonly definition: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

const scenarioSchema = new Schema<StoredScenario>(
  {
    _id: String,
    tenantId: { type: String, required: true },
    name: { type: String, required: true },
    description: { type: String, default: "" },
    kind: { type: String, required: true },
    definition: { type: String, required: true },
    createdBy: { type: String, required: true },
    createdAtMs: { type: Number, required: true },
  },
  { collection: "stress_scenarios", versionKey: false },
).index({ tenantId: 1, name: 1 }, { unique: true });

/** Users' scenarios as documents, on the connection of a node. */
export class ScenarioStore {
  readonly #scenarios: Model<StoredScenario>;

  constructor(connection: Connection) {
    // A connection has one model of a name, however many stores share it.
    const { StressScenario } = connection.models;
    // sound: the model of that name is the one that is made here
    this.#scenarios =
      (StressScenario as Model<StoredScenario> | undefined) ??
      connection.model<StoredScenario>("StressScenario", scenarioSchema);
  }

  /** Waits until the index is there. */
  async ready(): Promise<void> {
    await this.#scenarios.init();
  }

  /** @returns false when the tenant has one of that name */
  async insert(scenario: StoredScenario): Promise<boolean> {
    try {
      await this.#scenarios.create({ ...scenario });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  find(tenantId: string, scenarioId: string): Promise<StoredScenario | null> {
    return this.#scenarios.findOne({ _id: scenarioId, tenantId }).lean<StoredScenario>().exec();
  }

  findByName(tenantId: string, name: string): Promise<StoredScenario | null> {
    return this.#scenarios.findOne({ tenantId, name }).lean<StoredScenario>().exec();
  }

  count(tenantId: string): Promise<number> {
    return this.#scenarios.countDocuments({ tenantId }).exec();
  }

  list(tenantId: string): Promise<readonly StoredScenario[]> {
    return this.#scenarios.find({ tenantId }).sort({ name: 1 }).lean<StoredScenario[]>().exec();
  }

  /** @returns whether there was one */
  async remove(tenantId: string, scenarioId: string): Promise<boolean> {
    const { deletedCount } = await this.#scenarios.deleteOne({ _id: scenarioId, tenantId });
    return deletedCount === 1;
  }
}

function isDuplicateKey(error: unknown): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, "code") === 11_000;
}
