import type { PriceSeries } from "../../../domain/risk/history/align.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../../types/contracts.ts";

interface Between {
  readonly from: string;
  readonly to: string;
}

/**
 * Units of one currency for one of another, now. For statistics: what is booked is calculated with decimals elsewhere.
 * @throws RestError 422 INSUFFICIENT_DATA where no instrument says what the rate is
 */
export async function rateNow(ctx: RequestContext, from: string, to: string): Promise<number> {
  const { rate } = await ctx.call<{ readonly rate: string }, Between>("symbols.rate", { from, to });
  return Number(rate);
}

/**
 * The rate at the close of each day from an instant on.
 * @throws RestError 422 INSUFFICIENT_DATA where no instrument says what it was
 */
export function rateHistory(
  ctx: RequestContext,
  asked: Between & { readonly startMs: number },
): Promise<Pick<PriceSeries, "timesMs" | "closes">> {
  return ctx.call("symbols.rateHistory", asked);
}

/** The same, and null where no instrument says what it was. */
export async function knownRates(
  ctx: RequestContext,
  asked: Between & { readonly startMs: number },
): Promise<Pick<PriceSeries, "timesMs" | "closes"> | null> {
  try {
    return await rateHistory(ctx, asked);
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "type") === "INSUFFICIENT_DATA") return null;
    if (error instanceof RestError && error.code === 422) return null;
    throw error;
  }
}
