import { type WriteStream, createWriteStream } from "node:fs";
import type { Failure } from "./client.ts";

export type OperationKind = "order" | "cancel" | "amend" | "read";

/** `ok`: acknowledged. `fail`: refused, and known not to have happened. `info`: given up, the outcome is not known. */
export type Outcome = "ok" | "fail" | "info";

/** One command of one client, from its first sending to its end. */
export interface Operation {
  readonly id: number;
  readonly client: number;
  readonly kind: OperationKind;
  /** of an order: its Idempotency-Key and clOrdId; of others: the key of the order they are about */
  readonly key: string;
  readonly portfolioId: string;
  readonly order: OrderTerms | null;
  /** of an amendment */
  readonly changes?: Amended;
  readonly invokedMs: number;
}

export type OrderTerms = {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly type: "market" | "limit";
  readonly quantity: string;
  readonly price?: string;
  readonly timeInForce: string;
};

/** What an amendment asks for: no two of one order ask for the same. */
export interface Amended {
  readonly quantity: string;
  readonly price: string;
}

export interface Ended extends Operation {
  readonly endedMs: number;
  readonly outcome: Outcome;
  /** how often it was sent */
  readonly attempts: number;
  /** of the attempts that were sent and not answered for good */
  readonly failures: readonly Failure[];
  /** of the last answer; 0 when there was none */
  readonly status: number;
  readonly code: string;
  /** as the answer named it */
  readonly orderId: string | null;
}

/** What clients did and saw, in order, also as JSON lines. */
export class History {
  readonly ended: Ended[] = [];
  readonly #file: WriteStream;
  readonly #begun = performance.now();
  #nextId = 1;

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  /** since the run began */
  get nowMs(): number {
    return Math.round(performance.now() - this.#begun);
  }

  invoke(operation: Omit<Operation, "id" | "invokedMs">): Operation {
    const invoked = { id: this.#nextId++, ...operation, invokedMs: this.nowMs };
    this.#write("invoke", invoked);
    return invoked;
  }

  end(
    operation: Operation,
    result: Pick<Ended, "outcome" | "attempts" | "failures" | "status" | "code" | "orderId">,
  ): Ended {
    const ended = { ...operation, endedMs: this.nowMs, ...result };
    this.ended.push(ended);
    this.#write(result.outcome, ended);
    return ended;
  }

  /** What the nemesis did belongs to the story. */
  note(text: string): void {
    this.#file.write(`${JSON.stringify({ type: "note", atMs: this.nowMs, text })}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#file.end(resolve));
  }

  #write(type: string, operation: Operation | Ended): void {
    this.#file.write(`${JSON.stringify({ type, ...operation })}\n`);
  }
}
