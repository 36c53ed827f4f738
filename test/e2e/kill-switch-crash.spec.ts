import { setTimeout as sleep } from "node:timers/promises";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listKillSwitches, setKillSwitch } from "../../mixins/rest/routes/risk-kill-switch.ts";
import { ChildNode } from "../support/child-node.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { chance } from "../support/node-seed.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";
import { problemOf } from "./problems.ts";

const EMAIL = "admin@localhost";
const PASSWORD = "correct horse battery staple";
const PORTFOLIOS = 40;
/** A kill that comes before the switch is on record shows nothing. */
const KILLS_MAX = 6;

describe("a node that is killed while it stops trading", () => {
  const { between } = chance("kills");
  const ids: string[] = [];
  let directory: TemporaryDirectory;
  let node: ChildNode;
  let admin: HttpClient;

  const start = async (): Promise<void> => {
    node = await ChildNode.start({
      dataDir: directory.path,
      env: { ADMIN_PASSWORD: PASSWORD, SAMPLE_DATA: "off", LOG_LEVEL: "warn" },
    });
    admin = await node.client.login(EMAIL, PASSWORD);
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await start();
    for (let i = 0; i < PORTFOLIOS; i += 1) {
      const body = { name: `Desk ${i}`, baseCurrency: "USD", initialCash: "1000" };
      ids.push((await admin.call(createPortfolio, body)).portfolioId);
    }
  });
  afterAll(async () => {
    await node.kill();
    await directory.remove();
  });

  const isHalted = async (portfolioId: string): Promise<boolean> => {
    const order = { portfolioId, symbol: "NONE", side: "buy", type: "market", quantity: "1" };
    const { reasons = [] } = problemOf(await admin.ask(createOrder, { ...order, dryRun: true }));
    return reasons.some(({ code }) => code === "TRADING_HALTED");
  };

  it("leaves every portfolio stopped as soon as the stop is on record", async () => {
    let isOnRecord = false;
    for (let kills = 0; kills < KILLS_MAX && !isOnRecord; kills += 1) {
      const body = { scope: "global", state: "halted", reason: `drill ${kills}` };
      const answer = admin.ask(setKillSwitch, body).catch(() => null);
      await sleep(between(5, 40));
      await node.kill();
      await answer;
      await start();
      const { data } = await admin.call(listKillSwitches, {});
      isOnRecord = data.some(({ state }) => state === "halted");
    }
    expect(isOnRecord).toBe(true);
    await eventually("all portfolios stopped", async () => {
      for (const portfolioId of ids) if (!(await isHalted(portfolioId))) return null;
      return true;
    });
    await eventually("a switch that all have acknowledged", async () => {
      const { data } = await admin.call(listKillSwitches, {});
      return data.every(({ isAcknowledged }) => isAcknowledged) ? true : null;
    });
  });
});
