import type { ReceivedEvent } from "../../../../services/bus/event-message.ts";
import { Seen } from "../../../../services/bus/seen.ts";

const at = (tx: number): ReceivedEvent => ({
  ref: { type: "counter", id: "a" },
  shard: 1,
  version: 1,
  tx: String(tx),
  pos: "1",
  event: null,
});

describe("what was seen", () => {
  it("is known by the last version of its stream", () => {
    const seen = new Seen(10, "100");
    seen.mark("a", 3, "105");
    expect(seen.positionOf("a", at(200))).toBe(3);
  });

  it("counts what is older than the beginning", () => {
    const seen = new Seen(10, "100");
    expect(seen.positionOf("a", at(99))).toBeNull();
    expect(seen.positionOf("a", at(100))).toBe(0);
  });

  it("forgets the stream that was not touched for longest, and nothing that is forgotten becomes new again", () => {
    const seen = new Seen(2, "0");
    seen.mark("a", 1, "9");
    seen.mark("b", 1, "10");
    seen.mark("a", 2, "11");
    seen.mark("c", 1, "12");
    expect(seen.positionOf("a", at(11))).toBe(2);
    expect(seen.positionOf("b", at(10))).toBeNull();
    expect(seen.positionOf("d", at(13))).toBe(0);
    expect(seen.floorTx).toBe("11");
  });
});
