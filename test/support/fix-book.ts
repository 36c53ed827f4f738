import { randomUUID } from "node:crypto";
import type { Pairs, Words } from "./fix-words.ts";

export interface FixOrder {
  readonly id: string;
  /** every ClOrdID that it has had, the newest last */
  readonly names: string[];
  readonly sides: string;
  readonly symbol: string;
  quantity: number;
  price: string | undefined;
  stopPx: string | undefined;
  cum: number;
  spent: number;
  status: string;
  /** as it came last */
  words: Words;
}

/** What the counterparty keeps, whichever connections come and go. */
export class FixBook {
  readonly orders: FixOrder[] = [];
  readonly executions: {
    readonly execId: string;
    readonly quantity: number;
    readonly price: string;
  }[] = [];
  /** of the session: the number that comes next, each way */
  nextIn = 1;
  nextOut = 1;
  /** messages of the application by their number */
  readonly sent = new Map<number, Pairs>();

  find(name: string | undefined): FixOrder | undefined {
    return name === undefined ? undefined : this.orders.find(({ names }) => names.includes(name));
  }

  add(words: Words): FixOrder {
    const order: FixOrder = {
      id: `V-${randomUUID()}`,
      names: [words.must(11)],
      sides: words.must(54),
      symbol: words.must(55),
      quantity: Number(words.must(38)),
      price: words.get(44),
      stopPx: words.get(99),
      cum: 0,
      spent: 0,
      status: "0",
      words,
    };
    this.orders.push(order);
    return order;
  }

  /** Fields of an ExecutionReport. */
  report(order: FixOrder, execType: string, more: Pairs = [], name = order.names.at(-1)): Pairs {
    const isOpen = ["0", "1", "A", "6", "E"].includes(order.status);
    return [
      [35, "8"],
      [37, order.id],
      [11, name ?? ""],
      [17, `E-${randomUUID()}`],
      [150, execType],
      [39, order.status],
      [55, order.symbol],
      [54, order.sides],
      [38, order.quantity],
      [40, order.words.must(40)],
      ...(order.price === undefined ? [] : [[44, order.price] as const]),
      ...(order.stopPx === undefined ? [] : [[99, order.stopPx] as const]),
      [151, isOpen ? order.quantity - order.cum : 0],
      [14, order.cum],
      [6, order.cum === 0 ? 0 : order.spent / order.cum],
      ...more,
    ];
  }

  fill(order: FixOrder, price: string, quantity = order.quantity - order.cum): Pairs {
    order.cum += quantity;
    order.spent += quantity * Number(price);
    order.status = order.cum >= order.quantity ? "2" : "1";
    const report = this.report(order, "F", [
      [32, quantity],
      [31, price],
    ]);
    const execId = String(report.find(([tag]) => tag === 17)?.[1]);
    this.executions.push({ execId, quantity, price });
    return report;
  }

  end(order: FixOrder, execType: "4" | "C", more: Pairs = []): Pairs {
    order.status = execType;
    return this.report(order, execType, more);
  }

  isOpen({ status }: FixOrder): boolean {
    return ["0", "1"].includes(status);
  }
}
