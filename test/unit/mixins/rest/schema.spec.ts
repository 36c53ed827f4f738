import * as fc from "fast-check";
import { Validators } from "moleculer";
import { s } from "../../../../mixins/rest/schema.ts";
import type { ObjectSchema, Shape } from "../../../../mixins/rest/schema.ts";
import { toFieldErrors } from "../../../../mixins/rest/validation.ts";

/** What an action would get, or the errors that its caller would. */
function validate<F extends Shape>(schema: ObjectSchema<F>, value: unknown): unknown {
  const params = structuredClone(value);
  const outcome: unknown = new Validators.Fastest().compile(schema.validator)(
    params as Record<string, unknown>,
  );
  return outcome === true ? params : toFieldErrors(outcome as unknown[]);
}

const code = (found: unknown): unknown => (Array.isArray(found) ? found[0]?.code : "accepted");

describe("the schema of a request", () => {
  const schema = s.object({
    symbol: s.string({ min: 1, max: 10 }),
    side: s.enum(["buy", "sell"]),
    quantity: s.decimal({ sign: "positive" }),
    price: s.optional(s.decimal()),
    limit: s.defaulted(s.integer({ min: 1, max: 1000 }), 100),
    nested: s.optional(s.object({ pct: s.optional(s.decimal()), names: s.array(s.string()) })),
  });
  const valid = { symbol: "AAPL", side: "buy", quantity: "10" };

  it("fills in defaults and leaves out what was left out", () => {
    expect(validate(schema, valid)).toEqual({ ...valid, limit: 100 });
  });

  it("names an unknown field", () => {
    expect(validate(schema, { ...valid, extra: 1, more: 2 })).toEqual([
      { path: "extra", code: "UNKNOWN_FIELD", message: "is not a field of this request" },
      { path: "more", code: "UNKNOWN_FIELD", message: "is not a field of this request" },
    ]);
  });

  it("names an unknown field within a field", () => {
    const nested = { names: [], wrong: true };
    expect(validate(schema, { ...valid, nested })).toEqual([
      { path: "nested.wrong", code: "UNKNOWN_FIELD", message: "is not a field of this request" },
    ]);
  });

  it("names a mistyped item of a list", () => {
    const nested = { names: ["a", 1] };
    expect(validate(schema, { ...valid, nested })).toEqual([
      { path: "nested.names[1]", code: "INVALID_TYPE", message: "must be a string" },
    ]);
  });

  it("names what is missing, and every field that is wrong", () => {
    expect(validate(schema, { side: "hold", quantity: true })).toEqual([
      { path: "symbol", code: "REQUIRED", message: "is required" },
      { path: "side", code: "UNSUPPORTED_VALUE", message: "must be one of: buy, sell" },
      {
        path: "quantity",
        code: "INVALID_TYPE",
        message: "must be a decimal, as a string or a number",
      },
    ]);
  });

  it("takes null for nothing but null", () => {
    expect(validate(schema, { ...valid, price: null })).toEqual([
      { path: "price", code: "INVALID_TYPE", message: "must not be null; leave it out" },
    ]);
    const nested = { names: [], pct: null };
    expect(code(validate(schema, { ...valid, nested }))).toBe("INVALID_TYPE");
    expect(validate(s.object({ a: s.nullable(s.string()) }), { a: null })).toEqual({ a: null });
  });

  it("refuses text that PostgreSQL could not store", () => {
    for (const symbol of ["A\u0000", "\ud800"]) {
      expect(code(validate(schema, { ...valid, symbol }))).toBe("INVALID_VALUE");
    }
  });

  it("asks its cross check too", () => {
    const pair = s.object({ a: s.integer(), b: s.integer() }, ({ a, b }) =>
      a === b ? [{ path: "b", code: "INVALID_VALUE", message: "must differ from a" }] : [],
    );
    expect(validate(pair, { a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
    expect(validate(pair, { a: 1, b: 1 })).toEqual([
      { path: "b", code: "INVALID_VALUE", message: "must differ from a" },
    ]);
  });
});

describe("a decimal in a request", () => {
  const schema = s.object({ value: s.decimal() });
  const read = (value: unknown): unknown => validate(schema, { value });

  it.each([
    ["190.10", "190.1"],
    ["007", "7"],
    ["-0.50", "-0.5"],
    ["-0", "0"],
    [190.1, "190.1"],
    [0.1, "0.1"],
    [-3, "-3"],
    ["123456789012345678.123456789012345678", "123456789012345678.123456789012345678"],
  ])("%p becomes the canonical %p", (value, expected) => {
    expect(read(value)).toEqual({ value: expected });
  });

  it.each([0.1 + 0.2, 1e21, 1e-7, 1234567890123456])("the number %p is refused", (value) => {
    expect(code(read(value))).toBe("IMPRECISE_NUMBER");
  });

  it.each(["", " 1", "1e3", "0x10", "NaN", "Infinity", "1,000", "1.", ".5", "1".repeat(25)])(
    "the text %p is refused",
    (value) => {
      expect(code(read(value))).toBe("INVALID_VALUE");
    },
  );

  it("keeps the value of every plain decimal", () => {
    const plain = fc.stringMatching(/^-?[0-9]{1,24}(\.[0-9]{1,18})?$/);
    fc.assert(
      fc.property(plain, (text) => {
        const { value } = read(text) as { value: string };
        expect(scaled(value)).toBe(scaled(text));
        expect(read(value)).toEqual({ value });
      }),
    );
  });

  it("knows signs", () => {
    const positive = s.object({ value: s.decimal({ sign: "positive" }) });
    const atLeastZero = s.object({ value: s.decimal({ sign: "nonNegative" }) });
    expect(code(validate(positive, { value: "0.00" }))).toBe("OUT_OF_RANGE");
    expect(code(validate(positive, { value: -1 }))).toBe("OUT_OF_RANGE");
    expect(code(validate(atLeastZero, { value: "0.00" }))).toBe("accepted");
    expect(code(validate(atLeastZero, { value: "-0.1" }))).toBe("OUT_OF_RANGE");
  });
});

/** A plain decimal as an integer of 10⁻¹⁸. */
function scaled(text: string): bigint {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const magnitude = BigInt(whole + fraction.padEnd(18, "0"));
  return text.startsWith("-") ? -magnitude : magnitude;
}

describe("a time in a request", () => {
  const schema = s.object({ at: s.time() });
  const read = (at: unknown): unknown => validate(schema, { at });

  it.each([
    ["2026-03-02T14:30:00.000Z", Date.UTC(2026, 2, 2, 14, 30)],
    ["2026-03-02", Date.UTC(2026, 2, 2)],
    ["2026-03-02T14:30", Date.UTC(2026, 2, 2, 14, 30)],
    ["2026-03-02T14:30:00+02:00", Date.UTC(2026, 2, 2, 12, 30)],
    ["1987-10-19", Date.UTC(1987, 9, 19)],
    [1772461800000, 1772461800000],
  ])("%p is %p", (at, ms) => {
    expect(read(at)).toEqual({ at: ms });
  });

  it.each(["yesterday", "2026-02-30", "2026-13-01", "14:30", "", 1.5, Number.MAX_SAFE_INTEGER])(
    "%p is refused",
    (at) => {
      expect(code(read(at))).toBe("INVALID_VALUE");
    },
  );

  it("is a number of milliseconds in a query too", () => {
    expect(s.time().fromQuery("1772461800000")).toBe(1772461800000);
    expect(s.time().fromQuery("2026-03-02")).toBe("2026-03-02");
  });
});

describe("a query parameter", () => {
  it("is read as its schema says, and left as text where it cannot be", () => {
    expect(s.integer().fromQuery("12")).toBe(12);
    expect(s.integer().fromQuery("a")).toBe("a");
    expect(s.boolean().fromQuery("true")).toBe(true);
    expect(s.boolean().fromQuery("yes")).toBe("yes");
    expect(s.array(s.integer()).fromQuery("1, 2,x")).toEqual([1, 2, "x"]);
    expect(s.optional(s.defaulted(s.integer(), 3)).fromQuery("4")).toBe(4);
  });
});
