import { Metrics } from "../../../../mixins/metrics.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import { FixStore } from "../../../../models/fix-sessions.ts";
import { FixCalls } from "../../../../services/execution/brokers/fix/calls.ts";
import { withDatabase } from "../../../support/database.ts";

const CALLS_JUDGED = 10;

describe("calls to a FIX counterparty whose session is down", () => {
  const database = withDatabase();

  it("are taken back, and not made any more after a while", async () => {
    const metrics = new Metrics();
    const dependencies = new Dependencies(systemClock, resilienceMetrics(metrics));
    const counterparty = dependencies.add({ name: "fix:1", timeoutMs: 50 });
    const store = new FixStore(database.pool, "down");
    const wake = () => undefined;
    const calls = new FixCalls({ clock: systemClock, store, counterparty, answerMs: 50, wake });
    const ask = (clientId: string) =>
      calls.ask({ clientId, orderId: null, type: "D", body: [[11, clientId]], terms: null });
    const asked = Array.from({ length: CALLS_JUDGED }, (_, index) => ask(`call-${index}`));
    for (const { status } of await Promise.allSettled(asked)) expect(status).toBe("rejected");
    for (let index = 0; index < CALLS_JUDGED; index++)
      expect(await store.find(`call-${index}`)).toBeNull();
    expect(metrics.render()).toContain('circuit_breaker_state{dependency="fix:1"} 2');
    await expect(ask("one-more")).rejects.toThrow("keeps failing");
    expect(await store.find("one-more")).toBeNull();
  });

  it("have an unknown outcome when they were sent, and find the word that comes later", async () => {
    const dependencies = new Dependencies(systemClock, resilienceMetrics(new Metrics()));
    const counterparty = dependencies.add({ name: "fix:2", timeoutMs: 100 });
    const store = new FixStore(database.pool, "slow");
    const { epoch } = await store.claim();
    let sent: Promise<unknown> = Promise.resolve();
    const wake = () => {
      sent = store.dispatch(epoch, 1, 0);
    };
    const calls = new FixCalls({ clock: systemClock, store, counterparty, answerMs: 100, wake });
    const request = { clientId: "a", orderId: null, type: "D", body: [], terms: null };
    await expect(calls.ask(request)).rejects.toThrow("did not answer");
    await sent;
    const later = calls.ask(request);
    await store.answer("a", { word: "taken" });
    calls.tell("a");
    expect(await later).toEqual({ word: "taken" });
    expect((await store.find("a"))?.sendings).toBe(1);
  });
});
