import type { MatrixRequest } from "../../../../domain/features/matrix.ts";
import type { Bar } from "../../../../domain/market/bar.ts";
import { fromStream } from "../../../../mixins/column-stream.ts";
import { barsOf } from "../../../e2e/stored-bars.ts";
import { describeWithNats, NatsServer } from "../../../support/nats-server.ts";
import { startTestNode, type TestNode } from "../../../support/node.ts";

describeWithNats("a matrix of features that another node makes", () => {
  let nats: NatsServer;
  const nodes: TestNode[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
    const env = { NATS_URL: nats.url };
    const first = await startTestNode({ env });
    nodes.push(first, await startTestNode({ env, database: first.database }));
  });
  afterAll(async () => {
    for (const node of nodes.toReversed()) await node.stop();
    await nodes[0]?.database.drop();
    await nats.remove();
  });

  const ROWS = 4_000;
  const bar = (day: number): Bar => {
    const close = 100 + 9 * Math.sin(day / 3) + (day % 4);
    const text = (value: number) => value.toFixed(4);
    return {
      symbol: "FMN",
      timeframe: "1d",
      startMs: Date.UTC(2005, 0, 1) + day * 86_400_000,
      open: text(close),
      high: text(close + 1),
      low: text(close - 1),
      close: text(close),
      volume: "100",
      source: "test",
    };
  };

  const request: MatrixRequest = {
    tenantId: "default",
    symbol: "FMN",
    timeframe: "1d",
    features: Array.from({ length: 40 }, (_, i) => `sma_${i + 2}`),
    adjust: "none",
  };

  it("is the same as its own, though it is larger than a message may be, and so is what is refused", async () => {
    const [near, far] = nodes;
    if (near === undefined || far === undefined) throw new Error("there are two nodes");
    const { define, store } = barsOf(() => near);
    await define("FMN");
    await store(Array.from({ length: ROWS }, (_, day) => bar(day)));
    const { broker } = near.context;
    const ask = async (nodeID: string, asked = request) =>
      fromStream(await broker.call<unknown, MatrixRequest>("features.matrix", asked, { nodeID }));
    const [own, theirs] = [await ask(broker.nodeID), await ask(far.context.broker.nodeID)];
    expect(theirs.columns).toEqual(own.columns);
    expect(own.columns.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeGreaterThan(1e6);
    const unknown = ask(far.context.broker.nodeID, { ...request, features: ["nosuch"] });
    await expect(unknown).rejects.toMatchObject({ code: "FEATURE_UNKNOWN" });
  });
});
