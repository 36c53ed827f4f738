/** What an ONNX file says of itself, as far as it matters before anything is made of it. */
export interface FileFacts {
  /** e.g. `pytorch`, `skl2onnx`; empty when it does not say */
  readonly producer: string;
  readonly producerVersion: string;
  /** weights that lie in files beside it */
  readonly hasExternalData: boolean;
}

/** It is no message of Protocol Buffers, or not of ours. */
export class FileBroken extends Error {
  override readonly name = "FileBroken";
}

type Message =
  | "model"
  | "graph"
  | "node"
  | "attribute"
  | "tensor"
  | "sparse"
  | "function"
  | "training";

/** Field numbers of messages within messages, from onnx.proto3 (IR version 11): every way to a tensor. */
const WITHIN: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: "graph", 20: "training", 25: "function" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  tensor: {},
  sparse: { 1: "tensor", 2: "tensor" },
  function: { 7: "node", 11: "attribute" },
  training: { 1: "graph", 2: "graph" },
};
const PRODUCER = 2;
const PRODUCER_VERSION = 3;
const EXTERNAL_DATA = 13;
const DATA_LOCATION = 14;
const DEPTH_MAX = 64;

/**
 * ONNX Runtime would read the files that a model names: a model of strangers must not name any.
 * @throws FileBroken
 */
export function fileFacts(bytes: Uint8Array): FileFacts {
  const walk = new Walk(bytes);
  walk.message("model", 0, bytes.length, 0);
  const { producer, producerVersion, hasExternalData } = walk;
  return { producer, producerVersion, hasExternalData };
}

class Walk {
  producer = "";
  producerVersion = "";
  hasExternalData = false;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(kind: Message, from: number, end: number, depth: number): void {
    if (depth > DEPTH_MAX) throw new FileBroken(`messages are nested more than ${DEPTH_MAX} deep`);
    this.#at = from;
    while (this.#at < end) {
      const tag = this.#varint(end);
      const field = Math.floor(tag / 8);
      if (field === 0) throw new FileBroken("a field has the number 0");
      this.#field(kind, field, tag % 8, end, depth);
    }
  }

  #field(kind: Message, field: number, wireType: number, end: number, depth: number): void {
    if (kind === "tensor" && field === EXTERNAL_DATA) this.hasExternalData = true;
    switch (wireType) {
      case 0: {
        const value = this.#varint(end);
        if (kind === "tensor" && field === DATA_LOCATION && value !== 0)
          this.hasExternalData = true;
        return;
      }
      case 1:
        return this.#skip(8, end);
      case 5:
        return this.#skip(4, end);
      case 2:
        return this.#lengthDelimited(kind, field, end, depth);
      default:
        throw new FileBroken(`there is no wire type ${wireType}`);
    }
  }

  #lengthDelimited(kind: Message, field: number, end: number, depth: number): void {
    const length = this.#varint(end);
    const from = this.#at;
    this.#skip(length, end);
    const after = this.#at;
    if (kind === "model" && field === PRODUCER) this.producer = this.#text(from, after);
    if (kind === "model" && field === PRODUCER_VERSION)
      this.producerVersion = this.#text(from, after);
    const within = WITHIN[kind][field];
    if (within !== undefined) this.message(within, from, after, depth + 1);
    this.#at = after;
  }

  #text(from: number, end: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(from, Math.min(end, from + 100)));
  }

  #skip(count: number, end: number): void {
    if (this.#at + count > end) throw new FileBroken("a field goes beyond the end of its message");
    this.#at += count;
  }

  /** Exact up to 2⁵³: lengths and field numbers are far below, and of other numbers only zero matters. */
  #varint(end: number): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#at < end ? this.#bytes[this.#at] : undefined;
      if (byte === undefined) throw new FileBroken("a number goes beyond the end of its message");
      this.#at += 1;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new FileBroken("a number has more than ten bytes");
  }
}
