import { dec } from "../../../../domain/shared/decimal.ts";
import type { DecimalString } from "../../../../domain/shared/decimal.ts";
import type { FixField } from "./codec.ts";
import { TAG } from "./tags.ts";
import { readTimestamp } from "./times.ts";

/** SessionRejectReason (373) as far as we give them. */
export const FAULT = {
  requiredTagMissing: 1,
  tagWithoutValue: 4,
  valueIncorrect: 5,
  incorrectFormat: 6,
  compIdProblem: 9,
  sendingTimeProblem: 10,
  invalidMsgType: 11,
  tagTwice: 13,
  groupCount: 16,
} as const;

/** A message that is whole and yet not as it has to be: its sender is told by a Reject. */
export class MessageFault extends Error {
  readonly tag: number;
  readonly reason: number;

  constructor(tag: number, reason: number, text: string) {
    super(`field ${tag}: ${text}`);
    this.name = "MessageFault";
    this.tag = tag;
    this.reason = reason;
  }
}

/** A message to read: strict in what is asked of it, silent about the rest. */
export class FixMessage {
  readonly fields: readonly FixField[];
  readonly type: string;

  constructor(fields: readonly FixField[]) {
    this.fields = fields;
    this.type = fields.find(([tag]) => tag === TAG.MsgType)?.[1] ?? "";
  }

  /** Null when it is not there. @throws MessageFault when it is empty, or there twice */
  find(tag: number): string | null {
    const found = this.fields.filter(([name]) => name === tag);
    const value = found[0]?.[1];
    if (value === undefined) return null;
    if (found.length > 1) throw new MessageFault(tag, FAULT.tagTwice, "is there twice");
    if (value === "") throw new MessageFault(tag, FAULT.tagWithoutValue, "has no value");
    return value;
  }

  get(tag: number): string {
    const value = this.find(tag);
    if (value === null) throw new MessageFault(tag, FAULT.requiredTagMissing, "is missing");
    return value;
  }

  /** A number of a message: a whole one of 1 or more, unless `least` says otherwise. */
  number(tag: number, least = 1): number {
    const value = this.get(tag);
    const number = Number(value);
    if (!/^\d{1,12}$/.test(value))
      throw new MessageFault(tag, FAULT.incorrectFormat, "expected a whole number");
    if (number < least)
      throw new MessageFault(tag, FAULT.valueIncorrect, `expected ${least} or more`);
    return number;
  }

  /** False when it is not there. */
  flag(tag: number): boolean {
    const value = this.find(tag);
    if (value !== null && value !== "Y" && value !== "N")
      throw new MessageFault(tag, FAULT.valueIncorrect, "expected Y or N");
    return value === "Y";
  }

  decimal(tag: number): DecimalString {
    return readDecimal(tag, this.get(tag));
  }

  findDecimal(tag: number): DecimalString | null {
    const value = this.find(tag);
    return value === null ? null : readDecimal(tag, value);
  }

  /** Epoch ms. */
  time(tag: number): number {
    return readTime(tag, this.get(tag));
  }

  findTime(tag: number): number | null {
    const value = this.find(tag);
    return value === null ? null : readTime(tag, value);
  }

  /**
   * A repeating group: its entries begin with `first`, and hold no other fields than `rest` (volume 1, "Repeating groups").
   * @throws MessageFault when there are not as many as it says
   */
  group(countTag: number, first: number, rest: readonly number[]): readonly FixMessage[] {
    if (this.find(countTag) === null) return [];
    const count = this.number(countTag, 0);
    const at = this.fields.findIndex(([tag]) => tag === countTag) + 1;
    const entries: FixField[][] = [];
    for (const field of this.fields.slice(at)) {
      const entry = entries.at(-1);
      if (field[0] === first) entries.push([field]);
      else if (entry !== undefined && rest.includes(field[0])) entry.push(field);
      else break;
    }
    if (entries.length !== count)
      throw new MessageFault(
        countTag,
        FAULT.groupCount,
        `expected ${count} entries, found ${entries.length}`,
      );
    return entries.map((fields) => new FixMessage(fields));
  }
}

function readDecimal(tag: number, value: string): DecimalString {
  if (!/^-?\d{1,40}(\.\d{0,40})?$|^-?\.\d{1,40}$/.test(value))
    throw new MessageFault(tag, FAULT.incorrectFormat, "expected a decimal number");
  return dec(value.replace(/\.$/, "")).toFixed();
}

function readTime(tag: number, value: string): number {
  const atMs = readTimestamp(value);
  if (atMs === null) throw new MessageFault(tag, FAULT.incorrectFormat, "expected a UTC timestamp");
  return atMs;
}
