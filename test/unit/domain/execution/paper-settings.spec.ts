import { PAPER_FEES } from "../../../../domain/execution/fees.ts";
import {
  checkPaperSettings,
  dearestBps,
  paperSettings,
} from "../../../../domain/execution/paper-settings.ts";

const faultsOf = (settings: Parameters<typeof paperSettings>[0]) =>
  checkPaperSettings({}, settings).map(({ path }) => path);

describe("the settings of a paper account", () => {
  it("that are not there are a plain account", () => {
    expect(checkPaperSettings({}, {})).toEqual([]);
    expect(paperSettings({})).toEqual({
      fees: PAPER_FEES,
      rules: { fillModel: "default", slippage: { model: "none" } },
      participation: null,
      latency: { submitMs: 0, cancelMs: 0, reportMs: 0, jitterMs: 0, seed: 0 },
      faults: {
        dropReply: 0,
        duplicate: 0,
        reorder: 0,
        delay: 0,
        delayMs: 60_000,
        reject: 0,
        disconnect: 0,
        seed: 0,
      },
      venues: [],
    });
  });

  it("are read as they were written", () => {
    const settings = {
      makerBps: "-0.5",
      takerBps: "3.0",
      fillModel: "lean",
      slippage: { model: "volumeShare" },
      participation: "0.10",
      latency: { submitMs: 250, seed: 4 },
      faults: { dropReply: 0.1, seed: 9 },
      venues: [
        { name: "ALPHA", takerBps: "1", feePerUnit: "0.003", latencyMs: 2, depthShare: "0.4" },
      ],
    };
    expect(faultsOf(settings)).toEqual([]);
    expect(paperSettings(settings)).toMatchObject({
      fees: { makerBps: "-0.5", takerBps: "3" },
      rules: {
        fillModel: "lean",
        slippage: { model: "volumeShare", volumeLimit: "0.025", priceImpact: "0.1" },
      },
      participation: "0.1",
      latency: { submitMs: 250, seed: 4 },
      faults: { dropReply: 0.1, seed: 9 },
      venues: [
        {
          name: "ALPHA",
          fees: { makerBps: PAPER_FEES.makerBps, takerBps: "1", feePerUnit: "0.003" },
          latencyMs: 2,
          depthShare: "0.4",
        },
      ],
    });
  });

  it("charge what every kind of account may be told to charge, unless they say otherwise", () => {
    expect(paperSettings({ feeBps: "7" }).fees).toEqual({ makerBps: "7", takerBps: "7" });
    expect(paperSettings({ feeBps: "7", makerBps: "2" }).fees.makerBps).toBe("2");
  });

  it.each([
    [{ takerBps: 1 }, "settings.takerBps"],
    [{ makerBps: "1e3" }, "settings.makerBps"],
    [{ fillModel: "magic" }, "settings.fillModel"],
    [{ slippage: "none" }, "settings.slippage"],
    [{ slippage: { model: "fixed" } }, "settings.slippage.model"],
    [{ slippage: { model: "fixed", bps: "1", ticks: "1" } }, "settings.slippage.model"],
    [{ slippage: { model: "squareRoot", factor: "-1" } }, "settings.slippage.factor"],
    [{ participation: "0" }, "settings.participation"],
    [{ participation: "1.1" }, "settings.participation"],
    [{ latency: { submitMs: 1.5 } }, "settings.latency.submitMs"],
    [{ faults: { reject: 2 } }, "settings.faults.reject"],
    [{ faults: { drop: 1 } }, "settings.faults.drop"],
    [{ speed: 1 }, "settings.speed"],
    [{ venues: {} }, "settings.venues"],
    [{ venues: [{ name: "PAPER" }] }, "settings.venues[0].name"],
    [{ venues: [{ name: "a:b" }] }, "settings.venues[0].name"],
    [{ venues: [{ name: "A", depthShare: "0" }] }, "settings.venues[0].depthShare"],
  ])("of %j are faulted at %s", (settings, path) => {
    expect(faultsOf(settings)).toContain(path);
  });

  it("tell the most that any venue takes, for what is held before an order is sent", () => {
    expect(dearestBps({})).toBe(PAPER_FEES.takerBps);
    expect(dearestBps({ takerBps: "3", venues: [{ name: "A", takerBps: "7.5" }] })).toBe("7.5");
    expect(dearestBps({ takerBps: "-1", makerBps: "-2" })).toBe("0");
  });

  it("come without credentials", () => {
    expect(checkPaperSettings({ apiKey: "x" }, {}).map(({ path }) => path)).toEqual([
      "credentials.apiKey",
    ]);
  });
});
