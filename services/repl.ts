import startMoleculerRepl from "moleculer-repl";
import { findViews } from "../models/views.ts";
import { createJournal } from "../models/journal/journal.ts";
import { SHARD_COUNT } from "../mixins/actor/ids.ts";
import { isoTime } from "../mixins/rest/views.ts";
import type { NodeContext } from "./context.ts";

interface ReplArgs {
  readonly [argument: string]: unknown;
}

interface ReplCommand {
  readonly command: string;
  readonly description: string;
  readonly alias: string[];
  readonly options: [];
  readonly allowUnknownOptions: boolean;
  readonly parse: null;
  readonly action: (broker: unknown, args: ReplArgs) => Promise<void>;
}

/** No aliases, no flags. */
const PLAIN = { alias: [] as string[], options: [] as [], allowUnknownOptions: false, parse: null };

/** The operators' console: Moleculer's own commands, and ours for actors, shards and feeds. */
export function startRepl(node: NodeContext, quit: () => void): void {
  startMoleculerRepl(node.broker, { delimiter: "quantumalpha $", customCommands: commands(node) });
  process.stdin.once("end", quit);
}

/** The words of these commands go to whoever typed them: the console is theirs. */
export function commands(
  node: NodeContext,
  print = (text: string) => void process.stdout.write(`${text}\n`),
): ReplCommand[] {
  const table = (rows: readonly object[]) => print(rows.length === 0 ? "(none)" : textTable(rows));
  return [
    {
      command: "actors [type]",
      description: "Actors in memory on this node",
      ...PLAIN,
      action: async (_broker, { type }) => {
        table(
          node.actorSystem
            .residents()
            .filter((resident) => type === undefined || resident.type === type),
        );
      },
    },
    {
      command: "actor <type> <id>",
      description: "An actor's state after its last turn",
      ...PLAIN,
      action: async (_broker, { type, id }) => {
        const ref = refOf(type, id);
        const { summary, version } = await node.actors.read(ref);
        print(
          JSON.stringify(
            { ...ref, shard: node.actorSystem.shardOf(ref), version, summary },
            null,
            2,
          ),
        );
      },
    },
    {
      command: "history <type> <id>",
      description: "Everything recorded of an actor",
      ...PLAIN,
      action: async (_broker, { type, id }) => {
        const events = await createJournal(node.pool).history(refOf(type, id));
        for (const { version, atMs, event } of events)
          print(`${version}  ${isoTime(atMs)}  ${JSON.stringify(event)}`);
        if (events.length === 0) print("(none)");
      },
    },
    {
      command: "shards [owner]",
      description: "Who owns how many shards, or which shards one node owns, with their epochs",
      ...PLAIN,
      action: async (_broker, { owner }) => {
        const owners = await node.actorSystem.owners();
        if (owner !== undefined) return table(owners.filter((one) => one.owner === owner));
        const names = [...new Set(owners.map((one) => one.owner))];
        table(
          names.map((name) => ({
            owner: name ?? "(nobody)",
            shards: owners.filter((one) => one.owner === name).length,
            of: SHARD_COUNT,
          })),
        );
      },
    },
    {
      command: "system",
      description: "The actor layer of this node: shards, effects, outbox, quarantined streams",
      ...PLAIN,
      action: async () => print(JSON.stringify(node.actorSystem.status, null, 2)),
    },
    {
      command: "order <orderId>",
      description: "An order as lists show it",
      ...PLAIN,
      action: async (_broker, { orderId }) => {
        const views = await findViews(node.pool, [{ type: "order", id: String(orderId) }]);
        print(JSON.stringify(views[0]?.doc ?? null, null, 2));
      },
    },
    {
      command: "feeds",
      description: "Feeds of this node and where they stand",
      ...PLAIN,
      action: async () => table(await node.broker.call<readonly object[]>("feeds.list")),
    },
    {
      command: "feed <verb> <feedId>",
      description: "pause or resume a feed",
      ...PLAIN,
      action: async (_broker, { verb, feedId }) => {
        if (verb !== "pause" && verb !== "resume")
          return print("feed pause <feedId>, or feed resume <feedId>");
        table([
          await node.broker.call<object, unknown>(`feeds.${verb}`, { feedId: String(feedId) }),
        ]);
      },
    },
  ];
}

function refOf(type: unknown, id: unknown) {
  return { type: String(type), id: String(id) };
}

/** Columns as wide as their widest cell. */
function textTable(rows: readonly object[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [
    names,
    ...rows.map((row) => names.map((name) => String(Reflect.get(row, name) ?? ""))),
  ];
  const widths = names.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .join("\n");
}
