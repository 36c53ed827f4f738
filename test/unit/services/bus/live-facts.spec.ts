import type { StreamMessage } from "../../../../mixins/rest/stream-channels.ts";
import { conflate } from "../../../../services/bus/live-facts.ts";

const fact = (channel: string, data: number): StreamMessage => ({
  channel,
  tenantId: null,
  portfolioId: null,
  ownerId: null,
  data,
});

describe("facts that wait for a slow network", () => {
  it("give way to newer ones where they are quotes of one symbol, and are kept where they are bars", () => {
    const waiting = [
      fact("quotes:A", 1),
      fact("bars:A:1d", 2),
      fact("quotes:B", 3),
      fact("quotes:A", 4),
      fact("bars:A:1d", 5),
    ];
    expect(conflate(waiting).map(({ data }) => data)).toEqual([2, 3, 4, 5]);
  });

  it("are bounded, whatever they are", () => {
    const waiting = Array.from({ length: 5_000 }, (_, i) => fact("bars:A:1d", i));
    const kept = conflate(waiting);
    expect(kept.length).toBeLessThan(5_000);
    expect(kept.at(-1)).toEqual(fact("bars:A:1d", 4_999));
  });
});
