import type { SubmitPayload } from "../../../domain/order/messages.ts";
import type { AlpacaAnswer } from "./alpaca-errors.ts";
import { AlpacaRefusal } from "./alpaca-errors.ts";
import type { AlpacaCall, AlpacaHttp } from "./alpaca-http.ts";
import {
  type AlpacaAccountState,
  type AlpacaFill,
  type AlpacaOrder,
  type AlpacaPosition,
  parseExact,
  readAccount,
  readFill,
  readList,
  readOrder,
  readPosition,
} from "./alpaca-messages.ts";
import { alpacaTerms } from "./alpaca-terms.ts";

const ORDERS_PAGE = 500;
const FILLS_PAGE = 100;
/** Further pages than these in one go are a sign that a cursor does not move. */
const PAGES_MAX = 1_000;

/** The part of Alpaca's Trading API that orders need, in our types. Whatever is not the asked-for answer is thrown. */
export class AlpacaApi {
  readonly #http: AlpacaHttp;

  constructor(http: AlpacaHttp) {
    this.#http = http;
  }

  /** Whatever the answer is: what it says of the order is for `classifySubmit`. */
  post(order: SubmitPayload): Promise<AlpacaAnswer> {
    return this.#http({ method: "POST", path: "/v2/orders", body: orderBody(order) });
  }

  /** As `post`; the answer is the order that shall stand in its place. */
  patch(id: string, changes: Readonly<Record<string, string>>): Promise<AlpacaAnswer> {
    const path = `/v2/orders/${encodeURIComponent(id)}`;
    return this.#http({ method: "PATCH", path, body: changes });
  }

  /** Null when the broker does not have it, or not yet. */
  async orderByClientId(clientOrderId: string): Promise<AlpacaOrder | null> {
    const call: AlpacaCall = {
      method: "GET",
      path: "/v2/orders:by_client_order_id",
      query: { client_order_id: clientOrderId },
    };
    return this.#orderOrNull(call);
  }

  async orderById(id: string): Promise<AlpacaOrder | null> {
    return this.#orderOrNull({ method: "GET", path: `/v2/orders/${encodeURIComponent(id)}` });
  }

  /** @returns `refused` when the order cannot be canceled any more, or is not there */
  async cancel(id: string): Promise<"taken" | "refused"> {
    const call: AlpacaCall = { method: "DELETE", path: `/v2/orders/${encodeURIComponent(id)}` };
    const answer = await this.#http(call);
    if (isGood(answer)) return "taken";
    if (answer.status === 404 || answer.status === 422) return "refused";
    throw new AlpacaRefusal("a cancel", answer);
  }

  /** Newest first, page after page by the time of submission. */
  async openOrders(): Promise<readonly AlpacaOrder[]> {
    const found = new Map<string, AlpacaOrder>();
    let until: string | null = null;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page: readonly AlpacaOrder[] = readList(
        await this.#get("/v2/orders", {
          status: "open",
          limit: String(ORDERS_PAGE),
          direction: "desc",
          nested: "false",
          ...(until !== null && { until }),
        }),
        readOrder,
      );
      for (const order of page) found.set(order.id, order);
      const last = page.at(-1);
      if (last === undefined || page.length < ORDERS_PAGE) return [...found.values()];
      // `until` excludes its own instant; orders of one millisecond may lie on both sides of a page.
      until = new Date(last.submittedAtMs + 1).toISOString();
    }
    throw new Error(`more than ${PAGES_MAX} pages of open orders`);
  }

  /** Executions after an instant, oldest first, a page at a time. */
  async *fills(afterMs: number): AsyncGenerator<readonly AlpacaFill[]> {
    let token: string | null = null;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page: readonly AlpacaFill[] = readList(
        await this.#get("/v2/account/activities/FILL", {
          after: new Date(afterMs).toISOString(),
          direction: "asc",
          page_size: String(FILLS_PAGE),
          ...(token !== null && { page_token: token }),
        }),
        readFill,
      );
      yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < FILLS_PAGE) return;
      token = last.id;
    }
    throw new Error(`more than ${PAGES_MAX} pages of fills`);
  }

  async account(): Promise<AlpacaAccountState> {
    return readAccount(await this.#get("/v2/account", {}));
  }

  async positions(): Promise<readonly AlpacaPosition[]> {
    return readList(await this.#get("/v2/positions", {}), readPosition);
  }

  async #orderOrNull(call: AlpacaCall): Promise<AlpacaOrder | null> {
    const answer = await this.#http(call);
    if (answer.status === 404) return null;
    return readOrder(bodyOf("an order", answer));
  }

  async #get(path: string, query: Readonly<Record<string, string>>): Promise<unknown> {
    return bodyOf(path, await this.#http({ method: "GET", path, query }));
  }
}

function isGood({ status }: AlpacaAnswer): boolean {
  return status >= 200 && status < 300;
}

function bodyOf(what: string, answer: AlpacaAnswer): unknown {
  if (!isGood(answer)) throw new AlpacaRefusal(what, answer);
  return parseExact(answer.body);
}

function orderBody(order: SubmitPayload): Readonly<Record<string, string>> {
  return {
    client_order_id: order.clOrdId,
    symbol: alpacaSymbol(order),
    side: order.side,
    time_in_force: order.timeInForce,
    ...alpacaTerms(order),
  };
}

/** Pairs are written with a slash there. */
export function alpacaSymbol({
  symbol,
  assetClass,
}: Pick<SubmitPayload, "symbol" | "assetClass">): string {
  return assetClass === "crypto" ? symbol.replace("-", "/") : symbol;
}
