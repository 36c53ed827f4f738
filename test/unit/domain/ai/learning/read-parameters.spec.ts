import { anything, assert, dictionary, property, string } from "fast-check";
import type { ParameterSchema } from "../../../../../domain/ai/learning/parameters.ts";
import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import type { Json } from "../../../../../domain/shared/json.ts";

const SCHEMA: ParameterSchema = {
  rounds: { type: "integer", min: 1, max: 100, default: 10, about: "" },
  rate: { type: "number", min: 0, max: 1, default: 0.1, about: "" },
  isFast: { type: "boolean", default: false, about: "" },
  shape: { type: "enum", values: ["flat", "deep"], default: "flat", about: "" },
  layers: { type: "integers", min: 1, max: 64, lengthMax: 2, default: [8], about: "" },
  members: { type: "members", lengthMax: 2, default: [], about: "" },
};

function faultsOf(given: { readonly [name: string]: Json }): readonly string[] {
  const read = readParameters(SCHEMA, given);
  return read.isValid ? [] : read.faults.map(({ path, message }) => `${path} ${message}`);
}

describe("parameters of an algorithm", () => {
  it("have defaults, and the schema's order whatever the order they come in", () => {
    const read = readParameters(SCHEMA, { layers: [4, 2], rounds: 3 });
    expect(JSON.stringify(read)).toBe(
      JSON.stringify({
        isValid: true,
        parameters: {
          rounds: 3,
          rate: 0.1,
          isFast: false,
          shape: "flat",
          layers: [4, 2],
          members: [],
        },
      }),
    );
  });

  it("that the schema does not know are named, also those that every object has", () => {
    const given = JSON.parse('{ "roundz": 3, "__proto__": 1, "toString": 2 }');
    expect(faultsOf(given)).toEqual([
      expect.stringMatching(/^parameters\.roundz is not one of rounds, rate/),
      expect.stringMatching(/^parameters\.__proto__ /),
      expect.stringMatching(/^parameters\.toString /),
    ]);
  });

  it.each<[string, Json, RegExp]>([
    ["rounds", 0, /whole number from 1 to 100$/],
    ["rounds", 1.5, /whole number/],
    ["rounds", "3", /whole number/],
    ["rounds", null, /whole number/],
    ["rate", Number.NaN, /a number from 0 to 1$/],
    ["rate", Infinity, /a number/],
    ["rate", -1e-9, /a number/],
    ["isFast", 1, /true or false/],
    ["shape", "round", /one of flat, deep/],
    ["shape", ["flat"], /one of flat, deep/],
    ["layers", 8, /list of at most 2/],
    ["layers", [1, 2, 3], /list of at most 2/],
    ["layers", [8, 65], /element 1 must be a whole number from 1 to 64/],
    ["members", [{}], /element 0 must be/],
    ["members", [["ridge"]], /element 0 must be/],
  ])("%s of %j is refused", (name, value, message) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(message)]);
  });

  it("are valid or faulty of whatever is given, and never throw", () => {
    assert(
      property(dictionary(string(), anything()), (given) => {
        // sound: anything may stand where JSON should
        const read = readParameters(SCHEMA, given as { readonly [name: string]: Json });
        expect(read.isValid || read.faults.length > 0).toBe(true);
      }),
    );
  });
});
