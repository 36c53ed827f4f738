import type { Json } from "../shared/json.ts";
import { type DecimalString, dec, text } from "../shared/decimal.ts";

export interface SettingFault {
  /** `settings.latency.submitMs` */
  readonly path: string;
  readonly message: string;
}

type Members = { readonly [name: string]: Json | undefined };

const PLAIN_DECIMAL = /^-?\d{1,12}(?:\.\d{1,12})?$/;

/** Reads the members of one object and notes every fault; what is absent, or wrong, is the default. */
export class SettingReader {
  readonly faults: SettingFault[];
  readonly #path: string;
  readonly #members: Members;
  readonly #read = new Set<string>();

  constructor(path: string, value: Json | undefined, faults: SettingFault[]) {
    this.#path = path;
    this.faults = faults;
    this.#members = isMembers(value) ? value : {};
    if (value !== undefined && !isMembers(value)) this.#fault(null, "must be an object");
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined;
  }

  /** A decimal as a string, both bounds included. */
  decimal<D extends DecimalString | null>(
    name: string,
    [least, most]: readonly [DecimalString, DecimalString],
    otherwise: D,
  ): DecimalString | D {
    const value = this.#take(name);
    if (value === undefined) return otherwise;
    const isInside =
      typeof value === "string" &&
      PLAIN_DECIMAL.test(value) &&
      dec(value).greaterThanOrEqualTo(least) &&
      dec(value).lessThanOrEqualTo(most);
    if (isInside) return text(dec(value));
    this.#fault(name, `must be a decimal as a string, from "${least}" to "${most}"`);
    return otherwise;
  }

  integer(name: string, [least, most]: readonly [number, number], otherwise: number): number {
    const value = this.#take(name);
    if (value === undefined) return otherwise;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most)
      return value;
    this.#fault(name, `must be a whole number from ${least} to ${most}`);
    return otherwise;
  }

  probability(name: string): number {
    const value = this.#take(name);
    if (value === undefined) return 0;
    if (typeof value === "number" && value >= 0 && value <= 1) return value;
    this.#fault(name, "must be a number from 0 to 1");
    return 0;
  }

  oneOf<T extends string>(name: string, known: readonly T[], otherwise: T): T {
    const value = this.#take(name);
    if (value === undefined) return otherwise;
    const found = known.find((each) => each === value);
    if (found !== undefined) return found;
    this.#fault(name, `must be one of ${known.join(", ")}`);
    return otherwise;
  }

  name(name: string, pattern: RegExp, words: string): string {
    const value = this.#take(name);
    if (typeof value === "string" && pattern.test(value)) return value;
    this.#fault(name, words);
    return "";
  }

  object(name: string): SettingReader {
    return new SettingReader(this.#at(name), this.#take(name), this.faults);
  }

  list(name: string, most: number): readonly SettingReader[] {
    const value = this.#take(name);
    if (value === undefined) return [];
    if (!isList(value) || value.length > most) {
      this.#fault(name, `must be a list of at most ${most}`);
      return [];
    }
    return value.map(
      (each, index) => new SettingReader(`${this.#at(name)}[${index}]`, each, this.faults),
    );
  }

  refuse(name: string, message: string): void {
    this.#fault(name, message);
  }

  /** Nothing may be there that was not read: a misspelt setting would silently do nothing. */
  end(): void {
    for (const name of Object.keys(this.#members))
      if (!this.#read.has(name)) this.#fault(name, "is not a setting of paper accounts");
  }

  #take(name: string): Json | undefined {
    this.#read.add(name);
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  #at(name: string): string {
    return `${this.#path}.${name}`;
  }

  #fault(name: string | null, message: string): void {
    this.faults.push({ path: name === null ? this.#path : this.#at(name), message });
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isMembers(value: Json | undefined): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
