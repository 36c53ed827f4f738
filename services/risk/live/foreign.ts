import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";

/** Cash that is not of the base currency. */
export function foreignOf({ baseCurrency, currencies }: PortfolioSummary) {
  return (currencies?.balances ?? []).filter(({ currency }) => currency !== baseCurrency);
}
