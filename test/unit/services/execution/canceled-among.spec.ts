import { Refusal } from "../../../../domain/shared/errors.ts";
import { ActorError } from "../../../../mixins/actor/errors.ts";
import { canceledAmong } from "../../../../services/execution/canceled-among.ts";

const settle = (...promises: readonly Promise<string>[]) => Promise.allSettled(promises);

describe("canceling many orders", () => {
  it("passes over those that closed meanwhile", async () => {
    const closed = Promise.reject(new Refusal("conflict", "ORDER_CLOSED", "order b is filled"));
    expect(canceledAmong(await settle(Promise.resolve("a"), closed))).toEqual(["a"]);
  });

  it("fails when one could not be asked, rather than leave it out", async () => {
    const lost = Promise.reject(new ActorError("STORE_UNAVAILABLE", "no connection"));
    const settled = await settle(Promise.resolve("a"), lost);
    expect(() => canceledAmong(settled)).toThrow("no connection");
  });

  it("fails on a refusal for another reason", async () => {
    const missing = Promise.reject(
      new Refusal("notFound", "ORDER_NOT_FOUND", "there is no order b"),
    );
    const settled = await settle(missing);
    expect(() => canceledAmong(settled)).toThrow("there is no order b");
  });
});
