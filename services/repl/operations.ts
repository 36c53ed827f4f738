import type {
  ActorInfo,
  EffectView,
  MemberPage,
  MemberView,
  OutboxLagView,
  ResidentView,
  ShardView,
} from "../../mixins/rest/routes/system.ts";
import type { Page } from "../../mixins/rest/views.ts";
import type { NodeContext } from "../context.ts";
import { replCommand } from "./command.ts";
import type { Printer, ReplCommand } from "./command.ts";

type Input = Readonly<Record<string, unknown>>;

/** The actions behind `/api/system`, asked from inside: they show the actors of every tenant. */
class System {
  readonly #node: NodeContext;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  ask<T>(action: string, input: Input = {}): Promise<T> {
    return this.#node.broker.call<T, Input>(`system.${action}`, input);
  }

  /** All pages of a list. */
  async all<T>(action: string, input: Input): Promise<readonly T[]> {
    const found: T[] = [];
    let cursor: string | null = null;
    do {
      const asked: Input = { ...input, limit: 1000, ...(cursor !== null && { cursor }) };
      const page: Page<T> = await this.ask(action, asked);
      found.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  }
}

/** Commands about the whole installation, whichever node they are typed at. */
export function operatorCommands(node: NodeContext, print: Printer): ReplCommand[] {
  const system = new System(node);
  return [
    ...memberCommands(system, print),
    ...shardCommands(system, print),
    ...actorCommands(system, print),
    ...backlogCommands(system, print),
    ...busCommands(node, print),
  ];
}

function memberCommands(system: System, print: Printer): ReplCommand[] {
  return [
    replCommand("members", "The nodes of this installation", async () => {
      const { data } = await system.ask<MemberPage>("members");
      print.table(data);
    }),
    replCommand(
      "drain <nodeId>",
      "Have a node give all its shards to the others",
      async ({ nodeId }) => {
        print.table([await system.ask<MemberView>("drain", { nodeId: String(nodeId) })]);
      },
    ),
    replCommand(
      "resume <nodeId>",
      "Let a drained node take its share of the shards again",
      async ({ nodeId }) => {
        print.table([await system.ask<MemberView>("resume", { nodeId: String(nodeId) })]);
      },
    ),
  ];
}

function shardCommands(system: System, print: Printer): ReplCommand[] {
  return [
    replCommand(
      "shards [owner]",
      "Who owns how many shards, or which shards one node owns, with their epochs",
      async ({ owner }) => {
        const input = owner === undefined ? {} : { owner: String(owner) };
        const shards = await system.all<ShardView>("shards", input);
        print.table(owner === undefined ? byOwner(shards) : shards);
      },
    ),
    replCommand(
      "shard <shard>",
      "Who owns a shard, who should, and in which epoch",
      async ({ shard }) => {
        print.table([await system.ask<ShardView>("shard", { shard: Number(shard) })]);
      },
    ),
    replCommand(
      "move <shard> <nodeId>",
      "Pin a shard to a node, which is then its owner while it is up",
      async ({ shard, nodeId }) => {
        const input = { shard: Number(shard), nodeId: String(nodeId) };
        print.table([await system.ask<ShardView>("move", input)]);
      },
    ),
    replCommand("unpin <shard>", "Leave a shard to the placement again", async ({ shard }) => {
      print.table([await system.ask<ShardView>("unpin", { shard: Number(shard) })]);
    }),
  ];
}

function byOwner(shards: readonly ShardView[]): readonly object[] {
  return [...Map.groupBy(shards, ({ owner }) => owner)].map(([owner, theirs]) => ({
    owner: owner ?? "(nobody)",
    shards: theirs.length,
    of: shards.length,
  }));
}

function actorCommands(system: System, print: Printer): ReplCommand[] {
  return [
    replCommand(
      "actors [type] [nodeId]",
      "Actors in the memory of this node, or of another; the type * is all of them",
      async ({ type, nodeId }) => {
        const input = {
          ...(type !== undefined && type !== "*" && { type: String(type) }),
          ...(nodeId !== undefined && { nodeId: String(nodeId) }),
        };
        print.table(await system.all<ResidentView>("actors", input));
      },
    ),
    replCommand(
      "actor <type> <id>",
      "Where an actor lives, and its state after its last turn",
      async ({ type, id }) => {
        const input = { type: String(type), actorId: String(id) };
        print.json(await system.ask<ActorInfo>("actor", input));
      },
    ),
  ];
}

function backlogCommands(system: System, print: Printer): ReplCommand[] {
  return [
    replCommand("outbox", "Events that are not relayed yet, by owner", async () => {
      const { byOwner: rows, ...sum } = await system.ask<OutboxLagView>("outbox");
      print.table([{ owner: "(all)", ...sum }, ...rows]);
    }),
    replCommand(
      "effects [state]",
      "What is not done yet: pending, failing, parked, or with an unknown outcome",
      async ({ state }) => {
        const input = state === undefined ? {} : { state: String(state) };
        const found = await system.all<EffectView>("effects", input);
        print.table(found.map(effectRow));
      },
    ),
    replCommand(
      "retry <effectId>",
      "Try a parked or failing effect again, now",
      async ({ effectId }) => {
        const input = { effectId: String(effectId) };
        print.table([effectRow(await system.ask<EffectView>("retry", input))]);
      },
    ),
  ];
}

function effectRow({ actor, ...rest }: EffectView): object {
  return { actor: `${actor.type}:${actor.actorId}`, ...rest };
}

function busCommands({ bus }: NodeContext, print: Printer): ReplCommand[] {
  return [
    replCommand(
      "republish",
      "Delete the stream of events and fill it again from the database",
      async () => {
        if (bus.link === null) return print.text("events do not leave this process");
        print.json(await bus.link.republish());
      },
    ),
  ];
}
