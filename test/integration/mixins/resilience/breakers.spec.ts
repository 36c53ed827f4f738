import type { ServiceSchema } from "moleculer";
import { RestError } from "../../../../mixins/rest/rest-error.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { startBrokers, stopBrokers } from "../../../support/resilient-brokers.ts";
import type { ResilientBroker } from "../../../support/resilient-brokers.ts";

type Illness = "well" | "hangs" | "cannot connect" | "refuses";

/** An action that is as ill as it is told to be. */
function patient() {
  const state = { illness: "well" as Illness, asked: 0, hanging: Promise.withResolvers<void>() };
  const service: ServiceSchema = {
    name: "patient",
    actions: {
      read: {
        circuitBreaker: { enabled: true },
        handler: async () => {
          state.asked += 1;
          if (state.illness === "hangs") await state.hanging.promise;
          if (state.illness === "cannot connect")
            throw Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
          if (state.illness === "refuses")
            throw new RestError("NOT_FOUND", "there is no such thing");
          return "read";
        },
      },
    },
  };
  return { state, service };
}

describe.each(["in one process", "between nodes"])("Moleculer's breaker, %s,", (where) => {
  const { state, service } = patient();
  let brokers: readonly ResilientBroker[] = [];
  const isRemote = where === "between nodes";
  const dependency = `patient.read@node-${isRemote ? 2 : 1}`;

  beforeAll(async () => {
    brokers = await (isRemote ? startBrokers([], [service]) : startBrokers([service]));
  });
  afterAll(() => stopBrokers(brokers));

  const caller = (): ResilientBroker => {
    const [first] = brokers;
    if (first === undefined) throw new Error("the brokers exist only while tests run");
    return first;
  };
  const read = () =>
    caller().broker.call("patient.read", {}, { timeout: state.illness === "hangs" ? 50 : 5_000 });
  const askFourTimes = () => Promise.allSettled([read(), read(), read(), read()]);
  const shownAs = (value: number) => `circuit_breaker_state{dependency="${dependency}"} ${value}\n`;

  it.each(["hangs", "cannot connect"] as const)(
    "opens when what it stands before %s, and closes when that is well again",
    async (illness) => {
      state.illness = illness;
      await askFourTimes();
      expect(caller().rendered()).toContain(shownAs(2));

      const { asked } = state;
      await expect(read()).rejects.toMatchObject({ type: "SERVICE_NOT_AVAILABLE" });
      expect(state.asked).toBe(asked);

      state.illness = "well";
      state.hanging.resolve();
      await eventually("a probe that is let through", () => read().catch(() => null));
      expect(caller().rendered()).toContain(shownAs(0));
      expect(caller().rendered()).toMatch(
        new RegExp(`transitions_total{dependency="${dependency}",to="halfOpen"} \\d`),
      );
    },
  );

  it("stays closed when it is refused what it asks for", async () => {
    state.illness = "refuses";
    for (let i = 0; i < 3; i++) await askFourTimes();
    expect(caller().rendered()).toContain(shownAs(0));
  });
});

it("is not before an action that did not ask for one", async () => {
  const plain: ServiceSchema = {
    name: "plain",
    actions: {
      fail: () => {
        throw new Error("always");
      },
      failToo: {
        handler: () => {
          throw new Error("always");
        },
      },
    },
  };
  const brokers = await startBrokers([plain]);
  for (let i = 0; i < 20; i++) {
    await expect(brokers[0]?.broker.call("plain.fail")).rejects.toThrow("always");
    await expect(brokers[0]?.broker.call("plain.failToo")).rejects.toThrow("always");
  }
  await stopBrokers(brokers);
});
