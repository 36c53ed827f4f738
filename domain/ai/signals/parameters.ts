import type { Json } from "../../shared/json.ts";

/** What is wrong with one parameter. */
export interface SignalFault {
  /** e.g. `members[1].parameters.period` */
  readonly path: string;
  readonly message: string;
}

export type Given = { readonly [name: string]: Json };

interface Bounds {
  readonly min: number;
  readonly max: number;
  /** when it is not given; absent: it must be */
  readonly or?: number;
}

/** Reads parameters by name and collects what is wrong with them; what nobody asked for is a fault too. */
export class ParameterReader {
  readonly #given: Given;
  readonly #path: string;
  readonly #faults: SignalFault[];
  readonly #known = new Set<string>();

  constructor(given: Given, path: string, faults: SignalFault[]) {
    this.#given = given;
    this.#path = path;
    this.#faults = faults;
  }

  number(name: string, { min, max, or }: Bounds): number {
    const value = this.#take(name) ?? or;
    if (typeof value === "number" && value >= min && value <= max) return value;
    return this.#fault(name, `must be a number from ${min} to ${max}`, min);
  }

  integer(name: string, bounds: Bounds): number {
    const value = this.number(name, bounds);
    return Number.isInteger(value)
      ? value
      : this.#fault(name, "must be a whole number", bounds.min);
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value === "string" && value.length > 0 && value.length <= 200) return value;
    return this.#fault(name, "must be a text of 1 to 200 characters", "");
  }

  oneOf<T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.#take(name) ?? values[0];
    const found = values.find((one) => one === value);
    return found ?? this.#fault(name, `must be one of ${values.join(", ")}`, values[0]);
  }

  /** Each item with the path of its own. */
  list<T>(name: string, max: number, read: (item: Given, path: string) => T): readonly T[] {
    const value = this.#take(name);
    if (!isList(value) || value.length === 0 || value.length > max)
      return this.#fault(name, `must be a list of 1 to ${max}`, []);
    return value.flatMap((item, i) => {
      const path = `${this.#path}${name}[${i}].`;
      if (isObject(item)) return [read(item, path)];
      return this.#fault(`${name}[${i}]`, "must be an object", []);
    });
  }

  object(name: string): Given {
    const value = this.#take(name) ?? {};
    return isObject(value) ? value : this.#fault(name, "must be an object", {});
  }

  has(name: string): boolean {
    return this.#take(name) !== undefined;
  }

  require(isTrue: boolean, name: string, message: string): void {
    if (!isTrue) this.#fault(name, message, null);
  }

  /** After all that is known was read. */
  refuseOthers(): void {
    for (const name of Object.keys(this.#given))
      if (!this.#known.has(name)) this.#fault(name, "is not a parameter of this kind", null);
  }

  #take(name: string): Json | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.#given, name) ? this.#given[name] : undefined;
  }

  #fault<T>(name: string, message: string, instead: T): T {
    this.#faults.push({ path: `${this.#path}${name}`, message });
    return instead;
  }
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is Given {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
