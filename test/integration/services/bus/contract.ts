import { eventually } from "../../../support/node-eventually.ts";
import { expectOnceInOrder, fact, namesOf, newIds, withBusNodes } from "./bus-nodes.ts";
import type { BusNodeOptions } from "./bus-nodes.ts";

/** What every bus promises to the node that it is on. */
export function claimsOfBuses(options: () => BusNodeOptions): void {
  const nodes = withBusNodes();

  it("tells listeners of every event once, in version order", async () => {
    const node = await nodes.open(options());
    const actors = await nodes.actors(node.bus);
    const ids = newIds(10);
    await actors.addAll(ids, 20);
    await eventually("all events", () => (node.told.length >= 200 ? true : null));
    await eventually("an empty outbox", () => (actors.system.status.outboxLag === 0 ? true : null));
    expectOnceInOrder(node.told, namesOf(ids, 20));
  });

  it("hands a watcher every event of its type once, in version order", async () => {
    const node = await nodes.open(options());
    const actors = await nodes.actors(node.bus);
    const ids = newIds(10);
    await actors.addAll(ids, 20);
    // A watcher goes on where the node before it stopped: what that one left comes first.
    const mine = () => node.handled.filter((name) => ids.some((id) => name.startsWith(`${id}:`)));
    await eventually("all events", () => (mine().length >= 200 ? true : null));
    expectOnceInOrder(mine(), namesOf(ids, 20));
  });

  it("tells this node's listeners of a fact once, at once", async () => {
    const node = await nodes.open(options());
    node.live.tell(fact("quotes:SPX", 1));
    expect(node.facts).toEqual([fact("quotes:SPX", 1)]);
  });

  it("may be stopped while events come", async () => {
    const node = await nodes.open(options());
    const actors = await nodes.actors(node.bus);
    const adding = actors.addAll(newIds(5), 20);
    await node.stop();
    await adding;
    expect(actors.system.status.residents).toBe(5);
  });
}
