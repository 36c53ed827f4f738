import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Evidence, Fault, Standing } from "../check/evidence.ts";

export const INITIAL_CASH = 10_000_000;

/** One line of a portfolio's journal. */
export type JournalLine = {
  /** one more than that of the last line which its writer knew */
  readonly version: number;
  readonly node: string;
  readonly orderId: string;
} & (
  | {
      readonly type: "placed";
      readonly key: string;
      readonly symbol: string;
      readonly side: "buy" | "sell";
      readonly quantity: string;
    }
  | ({ readonly type: "filled" } & Omit<BrokerLine, "node">)
  | { readonly type: "cancelAsked" }
);

/** One order in the broker's log, filled at once. */
export interface BrokerLine {
  readonly orderId: string;
  readonly execId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly price: string;
  readonly node: string;
}

export interface StockState {
  version: number;
  cash: number;
  readonly orders: Set<string>;
  readonly positions: Map<string, number>;
}

export function initialState(): StockState {
  return { version: 0, cash: INITIAL_CASH, orders: new Set(), positions: new Map() };
}

export function applyLine(state: StockState, line: JournalLine): void {
  state.version = line.version;
  if (line.type === "placed") state.orders.add(line.orderId);
  if (line.type !== "filled") return;
  const signed = Number(line.quantity) * (line.side === "buy" ? 1 : -1);
  state.cash -= signed * Number(line.price);
  state.positions.set(line.symbol, (state.positions.get(line.symbol) ?? 0) + signed);
}

/** @param standings as the nodes told them at the end */
export async function readStockEvidence(
  store: string,
  standings: readonly Standing[],
): Promise<Evidence> {
  const journals = new Map<string, readonly JournalLine[]>();
  for (const name of await readdir(store)) {
    if (name.endsWith(".jsonl"))
      journals.set(name.slice(0, -6), await readLines(join(store, name)));
  }
  const brokerLines: readonly BrokerLine[] = await readLines(join(store, "broker.log"));
  const all = [...journals].flatMap(([portfolioId, lines]) =>
    lines.map((line) => ({ ...line, portfolioId })),
  );
  const withFees = <T extends object>(fill: T) => ({ ...fill, fees: "0" });
  return {
    placements: all.flatMap((line) =>
      line.type === "placed"
        ? [{ key: line.key, portfolioId: line.portfolioId, orderId: line.orderId, order: line }]
        : [],
    ),
    deniedKeys: new Set(),
    cancelWishes: new Set(
      all.flatMap((line) => (line.type === "cancelAsked" ? [line.orderId] : [])),
    ),
    amendments: [],
    brokerAmendments: [],
    brokerOrders: brokerLines.map(({ orderId }) => orderId),
    brokerFills: brokerLines.map(withFees),
    trades: all.flatMap((line) => (line.type === "filled" ? [withFees(line)] : [])),
    standings,
    staleCommits: [...journals].flatMap(([id, lines]) => stale(id, lines)),
    ledgerFaults: [],
    recordFaults: [],
    unfinished: [],
  };
}

/** A line whose writer did not know the one before it. */
function stale(portfolioId: string, lines: readonly JournalLine[]): readonly Fault[] {
  return lines.flatMap((line, i) => {
    const before = lines[i - 1];
    if (line.version === (before?.version ?? 0) + 1) return [];
    return [
      `${portfolioId}: ${line.node} wrote version ${line.version} after ${before?.node} wrote ${before?.version}`,
    ];
  });
}

async function readLines<T>(path: string): Promise<readonly T[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  // sound: written by stock-node.ts; a line that a kill cut short is not there
  return text.split("\n").flatMap((line) => (line.endsWith("}") ? [JSON.parse(line) as T] : []));
}
