/**
 * A second reading of FIX, for the counterparty of tests: nothing of it is shared with the adapter, so that a mistake of the
 * one is not a mistake of both.
 */
export type Pairs = readonly (readonly [tag: number, value: string | number])[];

export class Words {
  readonly pairs: readonly (readonly [number, string])[];

  constructor(raw: string) {
    this.pairs = raw
      .split("\x01")
      .filter((part) => part !== "")
      .map((part) => [Number(part.slice(0, part.indexOf("="))), part.slice(part.indexOf("=") + 1)]);
  }

  get(tag: number): string | undefined {
    return this.pairs.find(([name]) => name === tag)?.[1];
  }

  must(tag: number): string {
    const value = this.get(tag);
    if (value === undefined) throw new Error(`expected field ${tag} in ${this.toString()}`);
    return value;
  }

  get type(): string {
    return this.must(35);
  }

  get seq(): number {
    return Number(this.must(34));
  }

  toString(): string {
    return this.pairs.map((pair) => pair.join("=")).join("|");
  }
}

export function compose(fields: Pairs): string {
  const body = fields.map(([tag, value]) => `${tag}=${value}\x01`).join("");
  const start = `8=FIX.4.4\x019=${body.length}\x01${body}`;
  let sum = 0;
  for (const byte of Buffer.from(start, "latin1")) sum += byte;
  return `${start}10=${String(sum % 256).padStart(3, "0")}\x01`;
}

/** Whole messages in a text, and what is left of it. @throws Error for a message that is not right to the byte */
export function decompose(text: string): { readonly messages: Words[]; readonly rest: string } {
  const messages: Words[] = [];
  let rest = text;
  for (;;) {
    const [begin, length, ...more] = rest.split("\x01", 3);
    if (begin === undefined || length === undefined || more.length === 0) return { messages, rest };
    const end = begin.length + length.length + 2 + Number(length.slice(2)) + 7;
    if (rest.length < end) return { messages, rest };
    const raw = rest.slice(0, end);
    const fields = new Words(raw);
    const body = fields.pairs.filter(([tag]) => tag !== 8 && tag !== 9 && tag !== 10);
    if (compose(body) !== raw)
      throw new Error(`expected a right message, found ${fields.toString()}`);
    messages.push(fields);
    rest = rest.slice(end);
  }
}

export function stamp(atMs = Date.now()): string {
  return new Date(atMs).toISOString().replaceAll("-", "").replace("T", "-").replace("Z", "");
}
