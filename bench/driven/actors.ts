import { migrate } from "../../models/postgres/migrate.ts";
import { createPool } from "../../models/postgres/pool.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";
import type { Transport } from "../../mixins/actor/router.ts";
import type { ActorSystem } from "../../mixins/actor/system.ts";
import { startActorNode } from "../../test/support/actor-node.ts";
import { POOL_MAX } from "./contestant.ts";
import type { Contestant } from "./contestant.ts";
import { WORKLOADS } from "./workloads.ts";
import type { Tally } from "./workloads.ts";

export const ALL_KINDS: readonly ActorKind[] = Object.values(WORKLOADS).map(({ kind }) => kind);

export interface ActorsOptions {
  readonly nodeId: string;
  /** hosted by this node */
  readonly kinds: readonly ActorKind[];
  readonly transport?: Transport;
}

/** The actor layer of one node as a contestant, on the database that the environment names. */
export async function openActors({
  nodeId,
  kinds,
  transport,
}: ActorsOptions): Promise<Contestant & { readonly system: ActorSystem }> {
  const { DATABASE_URL = "" } = process.env;
  const pool = createPool(DATABASE_URL, {
    max: POOL_MAX,
    applicationName: `bench-${nodeId}`,
    onError: () => undefined,
  });
  await migrate(pool);
  const { system } = await startActorNode(pool, kinds, {
    // Nobody listens: what is relayed is not kept.
    ports: { bus: { publish: () => Promise.resolve() } },
    options: { nodeId },
    ...(transport && { transport }),
  });
  return {
    system,
    send: async (type, id, commandId, command) =>
      (await system.client.call({ type, id }, command, { commandId })).reply,
    tally: async (type, id) => {
      const { summary } = await system.client.read({ type, id });
      // sound: both kinds summarize to a tally; null is an actor that nothing was ever sent to
      return (summary as unknown as Tally | null) ?? { commands: 0, amount: "0" };
    },
    stop: async () => {
      await system.stop();
      await pool.end();
    },
  };
}
