import { holdCash } from "../../domain/risk/hold.ts";
import { dec, type Decimal, text, ZERO } from "../../domain/shared/decimal.ts";
import type { Message } from "../../domain/shared/decider.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";
import { accountKind, INSTRUMENT, MARKET, placeOrder } from "./account.ts";
import { counterKind } from "./counter.ts";

/** What every contestant runs: its decider, its commands, and what must be on record after so many of them. */
export interface Workload {
  readonly kind: ActorKind;
  /** the n-th command of a key, under this id */
  command(key: string, commandId: string, n: number): Message;
  /** worked out without the decider */
  expected(commands: number): Tally;
}

/** What is on record of one key: the summary of both kinds. */
export interface Tally {
  readonly commands: number;
  /** the counter's sum; the cash that the account's orders hold */
  readonly amount: string;
}

export const WORKLOAD_NAMES = ["counter", "order"] as const;
export type WorkloadName = (typeof WORKLOAD_NAMES)[number];

/** One order in so many asks for more than anybody has, and is denied. */
const DENIED_EVERY = 16;
/** A cycle: after so many orders of a key the same prices come again. */
const PRICES = 64;

const counter: Workload = {
  kind: counterKind,
  command: () => ({ type: "Add", amount: 1 }) as Message,
  expected: (commands) => ({ commands, amount: String(commands) }),
};

const order: Workload = {
  kind: accountKind,
  command: (key, commandId, n) =>
    placeOrder(key, commandId, isDenied(n) ? "1000000000" : "1", priceOf(n)),
  expected: (commands) => ({
    commands,
    amount: text(
      sum(HOLDS)
        .times(Math.floor(commands / PRICES))
        .plus(sum(HOLDS.slice(0, commands % PRICES))),
    ),
  }),
};

export const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = { counter, order };

function isDenied(n: number): boolean {
  return n % DENIED_EVERY === DENIED_EVERY - 1;
}

function priceOf(n: number): string {
  return (100 + (n % PRICES) / 100).toFixed(2);
}

/** What each order of a cycle holds. */
const HOLDS = Array.from({ length: PRICES }, (_, n) =>
  isDenied(n)
    ? ZERO
    : holdCash(dec(1), {
        worstPrice: dec(priceOf(n)),
        multiplier: INSTRUMENT.multiplier,
        lotSize: INSTRUMENT.lotSize,
        feeBps: MARKET.feeBps,
        currency: INSTRUMENT.currency,
      }),
);

function sum(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce((total, amount) => total.plus(amount), ZERO);
}
