import { FixStore, SessionTaken } from "../../../models/fix-sessions.ts";
import type { NewFixRequest } from "../../../models/fix-sessions.ts";
import { withDatabase } from "../../support/database.ts";

const NOW_MS = 1_795_363_536_446;
const WAIT_MS = 60_000;

function request(clientId: string, changes: Partial<NewFixRequest> = {}): NewFixRequest {
  const body = [[11, clientId]] as const;
  return { clientId, orderId: "o-1", type: "D", body, terms: null, ...changes };
}

describe("a FIX session in the store", () => {
  const database = withDatabase();
  let count = 0;
  const fresh = () => new FixStore(database.pool, `session-${count++}`);

  it("numbers messages of all kinds one after the other, and never one number twice", async () => {
    const store = fresh();
    const { epoch } = await store.claim();
    for (const id of ["a", "b", "c"]) await store.enqueue(request(id), WAIT_MS);
    const work = [
      store.takeNumber(epoch),
      store.dispatch(epoch, 2, NOW_MS).then((sent) => sent.map(({ seq }) => seq)),
      store.takeNumber(epoch),
      store.dispatch(epoch, 2, NOW_MS).then((sent) => sent.map(({ seq }) => seq)),
    ];
    const numbers = (await Promise.all<number | readonly number[]>(work)).flat();
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expect(await store.nextOut(epoch)).toBe(6);
  });

  it("sends what was asked for in the order of asking, each once", async () => {
    const store = fresh();
    const { epoch } = await store.claim();
    for (const id of ["a", "b", "a"]) await store.enqueue(request(id), WAIT_MS);
    const sent = await store.dispatch(epoch, 10, NOW_MS);
    expect(sent.map(({ clientId, seq, sentAtMs }) => [clientId, seq, sentAtMs])).toEqual([
      ["a", 1, NOW_MS],
      ["b", 2, NOW_MS],
    ]);
    await store.enqueue(request("a"), WAIT_MS);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toEqual([]);
    expect(await store.isDue()).toBe(false);
  });

  it("belongs to who claimed it last: who had it before changes nothing any more", async () => {
    const store = fresh();
    const { epoch: old } = await store.claim();
    await store.processed(old, 5);
    await store.enqueue(request("a"), WAIT_MS);
    const { epoch, nextIn } = await store.claim();
    expect(nextIn).toBe(5);
    for (const late of [
      () => store.takeNumber(old),
      () => store.dispatch(old, 10, NOW_MS),
      () => store.processed(old, 9),
      () => store.reset(old),
      () => store.nextOut(old),
      () => store.setState(old, true, ""),
    ])
      await expect(late()).rejects.toThrow(SessionTaken);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toHaveLength(1);
    expect((await store.claim()).nextIn).toBe(5);
  });

  it("takes back what was not sent, and not what was", async () => {
    const store = fresh();
    const { epoch } = await store.claim();
    await store.enqueue(request("unsent"), WAIT_MS);
    expect(await store.withdraw("unsent")).toBe(true);
    expect(await store.find("unsent")).toBeNull();
    await store.enqueue(request("sent"), WAIT_MS);
    await store.dispatch(epoch, 10, NOW_MS);
    expect(await store.withdraw("sent")).toBe(false);
    await store.repeat("sent", WAIT_MS);
    expect(await store.withdraw("sent")).toBe(true);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toEqual([]);
  });

  it("sends nothing for which nobody waits any more", async () => {
    const store = fresh();
    const { epoch } = await store.claim();
    await store.enqueue(request("late"), 0);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toEqual([]);
    await store.enqueue(request("late"), WAIT_MS);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toHaveLength(1);
  });

  it("keeps the first word, and sends nothing again that has one", async () => {
    const store = fresh();
    const { epoch } = await store.claim();
    await store.enqueue(request("a"), WAIT_MS);
    await store.dispatch(epoch, 10, NOW_MS);
    expect(await store.repeat("a", WAIT_MS)).toBe(true);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toMatchObject([{ sendings: 2, seq: 2 }]);
    await store.answer("a", { word: "taken" });
    await store.answer("a", { word: "refused" });
    expect((await store.find("a"))?.answer).toEqual({ word: "taken" });
    expect(await store.repeat("a", WAIT_MS)).toBe(false);
    expect(await store.answerAll("o-1", ["D"], { word: "refused" })).toEqual([]);
  });

  it("forgets the numbers of what was sent when they begin anew, and what was sent not", async () => {
    const store = fresh();
    const { epoch } = await store.claim();
    await store.enqueue(request("a"), WAIT_MS);
    await store.dispatch(epoch, 10, NOW_MS);
    expect(await store.between(1, 9)).toMatchObject([{ clientId: "a" }]);
    await store.processed(epoch, 7);
    await store.reset(epoch);
    expect(await store.between(1, 9)).toEqual([]);
    expect(await store.dispatch(epoch, 10, NOW_MS)).toEqual([]);
    expect((await store.find("a"))?.sendings).toBe(1);
    expect([await store.takeNumber(epoch), (await store.claim()).nextIn]).toEqual([1, 1]);
  });

  it("says how it stands once it was begun", async () => {
    const store = fresh();
    expect(await store.state()).toBeNull();
    const { epoch } = await store.claim();
    await store.setState(epoch, false, "refused: not today");
    expect(await store.state()).toMatchObject({ isUp: false, words: "refused: not today" });
  });

  it("forgets old questions at once, and orders without an answer never", async () => {
    const store = fresh();
    await store.claim();
    for (const [id, type] of [
      ["order", "D"],
      ["question", "H"],
      ["open", "D"],
    ] as const)
      await store.enqueue(request(id, { type }), WAIT_MS);
    await store.answer("order", { word: "taken" });
    await database.pool.query(
      "UPDATE fix.request SET created_at = created_at - interval '2 days' WHERE session_id = $1",
      [store.sessionId],
    );
    await store.prune(1, ["D"]);
    const left = (await store.ofOrder("o-1")).map(({ clientId }) => clientId);
    expect(left).toEqual(["open"]);
  });
});
