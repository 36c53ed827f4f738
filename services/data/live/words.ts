import type { TradeFate } from "../../../domain/market/bars/symbol-bars.ts";
import type { SymbolReply } from "../../../domain/market/symbol.ts";
import type { MarketEvent } from "../feeds/feed.ts";
import type { StreamKind } from "../sources/source.ts";

export function isTick(kind: StreamKind): boolean {
  return kind !== "bars";
}

export function symbolOf(event: MarketEvent): string {
  switch (event.kind) {
    case "bar":
      return event.bar.symbol;
    case "trade":
      return event.trade.symbol;
    case "quote":
      return event.quote.symbol;
    case "book":
      return event.book.symbol;
  }
}

/** How the quality report counts a trade; null: as any other. */
export function fateReason(fate: TradeFate): "DUPLICATE" | "OUT_OF_ORDER" | null {
  switch (fate) {
    case "new":
      return null;
    case "repeated":
      return "DUPLICATE";
    case "outOfOrder":
    case "revising":
    case "late":
      return "OUT_OF_ORDER";
  }
}

/** The same of a bar; a correction is counted as a revision where it is stored. */
export function outcomeReason(
  outcome: SymbolReply["outcome"],
): "DUPLICATE" | "OUT_OF_ORDER" | null {
  switch (outcome) {
    case "duplicate":
      return "DUPLICATE";
    case "late":
      return "OUT_OF_ORDER";
    case "accepted":
    case "revised":
    case "described":
      return null;
  }
}
