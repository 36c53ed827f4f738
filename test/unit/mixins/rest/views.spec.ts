import * as fc from "fast-check";
import { toFailure } from "../../../../mixins/rest/problem.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../../mixins/rest/views.ts";

const SHAPE = { atMs: "number", id: "string" } as const;

describe("a cursor", () => {
  it("comes back as it was given", () => {
    const position = fc.record({
      atMs: fc.maxSafeInteger(),
      id: fc.string({ unit: "grapheme" }).filter((id) => !id.includes("\0")),
    });
    fc.assert(
      fc.property(position, (given) => {
        expect(decodeCursor(encodeCursor(given), SHAPE)).toEqual(given);
      }),
    );
  });

  it("is null when there is none", () => {
    expect(decodeCursor(undefined, SHAPE)).toBeNull();
  });

  it.each([
    "",
    "garbage",
    encodeCursor({ atMs: 1 }),
    encodeCursor({ atMs: "1", id: "a" }),
    encodeCursor({ atMs: 1, id: "a", more: 1 }),
    encodeCursor({ atMs: 1e300, id: "a" }),
    encodeCursor({ atMs: 1, id: "\0" }),
    Buffer.from("[1]").toString("base64url"),
  ])("that is not of the list is refused with 422: %p", (cursor) => {
    const refuse = (): unknown => decodeCursor(cursor, SHAPE);
    expect(refuse).toThrow("cursor is not a cursor of this list");
    expect(catchError(refuse)).toMatchObject({ status: 422, errors: [{ path: "cursor" }] });
  });
});

function catchError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return toFailure(error);
  }
}

it("an instant is ISO 8601 in UTC with milliseconds", () => {
  expect(isoTime(1772461800000)).toBe("2026-03-02T14:30:00.000Z");
});
