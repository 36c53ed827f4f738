import { Errors } from "moleculer";
import type { ActionSchema, ServiceSchema } from "moleculer";
import { startBrokers, stopBrokers } from "../../../support/resilient-brokers.ts";

/** A command that fails in a way that begs to be tried again. */
function failing(error: () => Error) {
  const state = { carriedOut: 0 };
  const service: ServiceSchema = {
    name: "commands",
    actions: {
      run: () => {
        state.carriedOut += 1;
        throw error();
      },
    },
  };
  return { state, service };
}

const RETRYABLE: readonly (readonly [name: string, error: () => Error])[] = [
  ["a retryable error", () => new Errors.MoleculerRetryableError("again", 503, "AGAIN")],
  ["a timeout", () => new Errors.RequestTimeoutError({ action: "commands.run", nodeID: "" })],
  ["a rejection", () => new Errors.RequestRejectedError({ action: "commands.run", nodeID: "" })],
];

describe.each(["in one process", "between nodes"])("a command, %s,", (where) => {
  it.each(RETRYABLE)("that fails with %s is carried out once", async (_name, error) => {
    const { state, service } = failing(error);
    const brokers = await (where === "in one process"
      ? startBrokers([service])
      : startBrokers([], [service]));
    const call = brokers[0]?.broker.call("commands.run", {}, { retries: 5, timeout: 2_000 });
    await expect(call).rejects.toMatchObject({ retryable: true });
    expect(state.carriedOut).toBe(1);
    await stopBrokers(brokers);
  });
});

describe("a service is refused at its start when", () => {
  const RETRY = { retryPolicy: { enabled: true, retries: 3 } };
  const handler = () => null;
  const start = async (schema: ServiceSchema): Promise<void> => {
    const brokers = await startBrokers([schema]);
    await stopBrokers(brokers);
  };
  const withAction = (name: string, action: ActionSchema): ServiceSchema => ({
    name,
    actions: { run: { handler, ...action } },
  });

  it.each<[name: string, schema: ServiceSchema, word: string]>([
    ["a command of it would be repeated by the framework", withAction("commands", RETRY), "retry"],
    [
      "messages to actors would be balanced away from their owner",
      withAction("actors", { circuitBreaker: { enabled: true } }),
      "circuitBreaker",
    ],
    [
      "a queue of it would have no end",
      withAction("commands", { bulkhead: { enabled: true, concurrency: 1, maxQueueSize: 0 } }),
      "maxQueueSize",
    ],
    [
      "events of it would be dropped silently",
      {
        name: "commands",
        events: {
          happened: Object.assign({ handler: () => undefined }, { bulkhead: { enabled: true } }),
        },
      },
      "bulkhead",
    ],
  ])("%s", async (_name, schema, word) => {
    await expect(start(schema)).rejects.toThrow(word);
  });

  it("not when what is repeated is declared idempotent", async () => {
    const again = { ...RETRY, isIdempotent: true };
    await expect(start(withAction("commands", again))).resolves.toBeUndefined();
  });
});
