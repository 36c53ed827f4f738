import { randomUUID } from "node:crypto";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { commands } from "../../services/repl.ts";
import { SAMPLE_PORTFOLIO_ID } from "../../services/sample-data.ts";
import { eventually } from "../support/node-eventually.ts";
import { REPLAY, withNode } from "../support/node.ts";
import { joinIdlePeer, leaveEffect } from "./operations.ts";

describe("an operator at the console", () => {
  const node = withNode({ replaySpeed: 200 });

  const type = async (line: string): Promise<string> => {
    const [name = "", ...words] = line.split(" ");
    const printed: string[] = [];
    const command = commands(node().context, (text) => void printed.push(text)).find(
      (one) => one.command.split(" ")[0] === name,
    );
    if (command === undefined) throw new Error(`there is no command ${name}`);
    const names = [...command.command.matchAll(/[<[](\w+)[>\]]/g)].map(([, word]) => word ?? "");
    const args = Object.fromEntries(names.slice(0, words.length).map((n, i) => [n, words[i]]));
    await command.action(node().context.broker, args);
    return printed.join("\n");
  };

  const lastBar = async (): Promise<string> => {
    const { data } = await node().admin.call(getBars, { symbol: "SPX", order: "desc", limit: 1 });
    return data[0]?.timestamp ?? "";
  };

  const aTrade = () =>
    eventually("a trade", async () => {
      const { data } = await node().admin.call(listTrades, { limit: 1 });
      return data[0] ?? null;
    });

  it("lists the actors in memory, all or of one type", async () => {
    await aTrade();
    const all = await type("actors");
    for (const kind of ["portfolio", "order", "symbol", "venue"]) expect(all).toContain(kind);
    expect(await type("actors venue")).toContain("PAPER:SPX");
    expect(await type("actors venue")).not.toContain("portfolio");
    expect(await type("actors nonsense")).toBe("(none)");
    expect(await type(`actors * ${node().context.config.nodeId}`)).toContain("PAPER:SPX");
  });

  it("lists who owns the shards, and every shard of one owner", async () => {
    const { nodeId } = node().context.config;
    expect(await type("shards")).toMatch(new RegExp(`${nodeId} +3072 +4096`));
    expect((await type(`shards ${nodeId}`)).split("\n").length).toBe(1 + 3072);
  });

  it("pins a shard, shows it and takes the pin away", async () => {
    const { nodeId } = node().context.config;
    const row = new RegExp(`2048 +risk +${nodeId} +\\d+ +${nodeId} +${nodeId}`);
    expect(await type(`move 2048 ${nodeId}`)).toMatch(row);
    expect(await type("shard 2048")).toMatch(row);
    expect(await type("unpin 2048")).not.toMatch(row);
    await expect(type("shard 4096")).rejects.toThrow("there is no shard 4096");
    await expect(type("move 2048 nobody")).rejects.toThrow("is no member");
  });

  it("lists members, and drains and resumes one", async () => {
    const { nodeId } = node().context.config;
    const peerId = await joinIdlePeer(node());
    expect(await type("members")).toMatch(new RegExp(`${nodeId} .* up .*data,risk,execution`));
    expect(await type(`drain ${peerId}`)).toMatch(/ draining /);
    expect(await type(`resume ${peerId}`)).toMatch(/ up /);
    await expect(type(`drain ${nodeId}`)).rejects.toThrow("no other member");
  });

  it("shows what is behind, and has an effect tried again", async () => {
    expect(await type("outbox")).toMatch(/^owner +lagEvents +oldestAt/);
    const { orderId } = await aTrade();
    const effectId = await leaveEffect(node().database.pool, { type: "order", id: orderId });
    expect(await type("effects parked")).toMatch(
      new RegExp(`order:${orderId} +${effectId} +submit +1 +parked`),
    );
    expect(await type(`retry ${effectId}`)).toContain(effectId);
    await expect(type(`retry ${randomUUID()}`)).rejects.toThrow("there is no effect");
  });

  it("has nothing to publish again where events do not leave the process", async () => {
    expect(await type("republish")).toBe("events do not leave this process");
  });

  it("shows an actor's state", async () => {
    // sound: what the command prints
    const shown = JSON.parse(await type(`actor portfolio ${SAMPLE_PORTFOLIO_ID}`)) as {
      readonly version: number;
      readonly owner: string;
      readonly summary: { readonly name: string; readonly initialCash: string };
    };
    expect(shown.summary).toMatchObject({ name: "Sample", initialCash: "1000000" });
    expect(shown.version).toBeGreaterThan(0);
    expect(shown.owner).toBe(node().context.config.nodeId);
  });

  it("shows everything recorded of an actor", async () => {
    const { orderId } = await aTrade();
    const lines = (await type(`history order ${orderId}`)).split("\n");
    expect(lines.map((line) => /"type":"(\w+)"/.exec(line)?.[1])).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
      "OrderFilled",
    ]);
    expect(lines[0]).toMatch(/^1 {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}\{/);
    expect(await type("history order nobody")).toBe("(none)");
  });

  it("shows an order as lists show it", async () => {
    const { orderId } = await aTrade();
    expect(await type(`order ${orderId}`)).toContain('"ordStatus": "filled"');
    expect(await type("order nobody")).toBe("null");
  });

  it("shows how the actor layer is", async () => {
    expect(JSON.parse(await type("system"))).toMatchObject({ shardsOwned: 3072, quarantined: [] });
  });

  it("pauses the feed: bars stop; and resumes it: they go on", async () => {
    expect(await type("feeds")).toMatch(/replay-spx .* running/);
    expect(await type(`feed pause ${REPLAY}`)).toContain("paused");
    await node().pauseReplay();
    const held = await lastBar();
    // As long as fifty bars would have taken.
    await expect(
      eventually("a bar", async () => ((await lastBar()) === held ? null : true), 250),
    ).rejects.toThrow("waited in vain");
    expect(await type(`feed resume ${REPLAY}`)).toContain("running");
    await eventually("the next bar", async () => ((await lastBar()) > held ? true : null));
  });

  it("is told how to say it, and what there is not", async () => {
    expect(await type(`feed stop ${REPLAY}`)).toContain("feed pause <feedId>");
    await expect(type("feed pause nothing")).rejects.toThrow("there is no feed nothing");
    await expect(type("actor nothing 1")).rejects.toThrow("nothing");
  });
});
