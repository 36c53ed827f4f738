import startMoleculerRepl from "moleculer-repl";
import { findViews } from "../models/views.ts";
import { createJournal } from "../models/journal/journal.ts";
import { isoTime } from "../mixins/rest/views.ts";
import type { NodeContext } from "./context.ts";
import { Printer, replCommand } from "./repl/command.ts";
import type { ReplCommand } from "./repl/command.ts";
import { operatorCommands } from "./repl/operations.ts";

/** The operators' console: Moleculer's own commands, and ours for actors, shards and feeds. */
export function startRepl(node: NodeContext, quit: () => void): void {
  startMoleculerRepl(node.broker, { delimiter: "quantumalpha $", customCommands: commands(node) });
  process.stdin.once("end", quit);
}

/** Ours. */
export function commands(
  node: NodeContext,
  print = (text: string) => void process.stdout.write(`${text}\n`),
): ReplCommand[] {
  const printer = new Printer(print);
  return [
    ...operatorCommands(node, printer),
    ...recordCommands(node, printer),
    ...feedCommands(node, printer),
    replCommand(
      "system",
      "The actor layer of this node: shards, effects, outbox, quarantined streams",
      async () => printer.json(node.actorSystem.status),
    ),
  ];
}

function recordCommands(node: NodeContext, print: Printer): ReplCommand[] {
  return [
    replCommand("history <type> <id>", "Everything recorded of an actor", async ({ type, id }) => {
      const ref = { type: String(type), id: String(id) };
      const events = await createJournal(node.pool).history(ref);
      for (const { version, atMs, event } of events)
        print.text(`${version}  ${isoTime(atMs)}  ${JSON.stringify(event)}`);
      if (events.length === 0) print.text("(none)");
    }),
    replCommand("order <orderId>", "An order as lists show it", async ({ orderId }) => {
      const views = await findViews(node.pool, [{ type: "order", id: String(orderId) }]);
      print.json(views[0]?.doc ?? null);
    }),
  ];
}

function feedCommands({ broker }: NodeContext, print: Printer): ReplCommand[] {
  return [
    replCommand("feeds", "Feeds of this node and where they stand", async () =>
      print.table(await broker.call<readonly object[]>("feeds.list")),
    ),
    replCommand("feed <verb> <feedId>", "pause or resume a feed", async ({ verb, feedId }) => {
      if (verb !== "pause" && verb !== "resume")
        return print.text("feed pause <feedId>, or feed resume <feedId>");
      const changed = await broker.call<object, unknown>(`feeds.${verb}`, {
        feedId: String(feedId),
      });
      print.table([changed]);
    }),
  ];
}
