import type { Json } from "../../shared/json.ts";
import type { Parameters } from "../learning/parameters.ts";

/** One object of JSON whose fields are read by name; each reader throws RangeError where the field is something else. */
export class Fields {
  readonly #of: { readonly [key: string]: Json | undefined };
  readonly #what: string;

  /** @param what is read, for messages */
  constructor(json: Json | undefined, what: string) {
    if (!isObject(json)) throw new RangeError(`expected ${what} to be an object`);
    this.#of = json;
    this.#what = what;
  }

  any(name: string): Json | undefined {
    return this.#of[name];
  }

  number(name: string): number {
    const value = this.#of[name];
    if (typeof value !== "number" || !Number.isFinite(value)) return this.#fail(name, "a number");
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#of[name];
    return typeof value === "boolean" ? value : this.#fail(name, "true or false");
  }

  text(name: string): string {
    const value = this.#of[name];
    return typeof value === "string" ? value : this.#fail(name, "a text");
  }

  numbers(name: string): readonly number[] {
    return this.list(name).map((value) =>
      typeof value === "number" && Number.isFinite(value) ? value : this.#fail(name, "numbers"),
    );
  }

  list(name: string): readonly Json[] {
    const value = this.#of[name];
    return isList(value) ? value : this.#fail(name, "a list");
  }

  /** Lists of finite numbers. */
  lists(name: string): readonly (readonly number[])[] {
    return this.list(name).map((value, i) =>
      new Fields({ [i]: value }, `${this.#what}.${name}`).numbers(`${i}`),
    );
  }

  objects(name: string): readonly Fields[] {
    return this.list(name).map((value) => new Fields(value, `each of ${this.#what}.${name}`));
  }

  #fail(name: string, expected: string): never {
    throw new RangeError(`expected ${this.#what}.${name} to be ${expected}`);
  }
}

/** @throws RangeError when it is none of them */
export function oneOf<T extends string>(values: readonly T[], found: string): T {
  const value = values.find((one) => one === found);
  if (value === undefined) throw new RangeError(`expected one of ${values.join()}, found ${found}`);
  return value;
}

/** Parameters that a schema has checked. */
export function parametersOf(parameters: Parameters): Fields {
  return new Fields(parameters, "parameters");
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !isList(value);
}
