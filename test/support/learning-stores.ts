import { type Documents, openDocuments } from "../../models/documents/connect.ts";
import { AgentStore } from "../../models/rl-agents.ts";
import { CheckpointStore } from "../../models/rl-checkpoints.ts";
import { withDatabase } from "./database.ts";

/** The stores of learning agents on a database of a suite's own; there from its first test on. */
export function withLearningStores() {
  const database = withDatabase();
  let documents: Documents;
  let stores: { readonly checkpoints: CheckpointStore; readonly agents: AgentStore };

  beforeAll(async () => {
    const { pool } = database;
    documents = await openDocuments({ pool }, { onError: () => undefined, expireEveryMs: null });
    const { connection } = documents;
    stores = { checkpoints: new CheckpointStore(connection), agents: new AgentStore(connection) };
    await Promise.all([stores.checkpoints.ready(), stores.agents.ready()]);
  });
  afterAll(() => documents.close());

  return {
    database,
    get connection() {
      return documents.connection;
    },
    get checkpoints() {
      return stores.checkpoints;
    },
    get agents() {
      return stores.agents;
    },
  };
}
