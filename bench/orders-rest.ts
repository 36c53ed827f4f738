import { randomUUID } from "node:crypto";
import type { QuoteView } from "../mixins/rest/routes/market-data.ts";
import type { PortfolioView } from "../mixins/rest/routes/portfolios.ts";

const QUOTE_MS = 15_000;

/** What the orders benchmark asks of the API outside of what it measures. */
export class RestClient {
  readonly token: string;
  readonly #url: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  static async login(url: string, email: string, password: string): Promise<RestClient> {
    const answer = await fetch(`${url}/api/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    const { accessToken } = await read<{ accessToken: string }>(answer);
    return new RestClient(url, accessToken);
  }

  /** With more cash than any run can hold. */
  openPortfolios(count: number): Promise<readonly string[]> {
    const body = JSON.stringify({
      name: "bench",
      baseCurrency: "USD",
      initialCash: "1000000000000",
    });
    return Promise.all(
      Array.from({ length: count }, async () => {
        const answer = await fetch(`${this.#url}/api/portfolios`, {
          method: "POST",
          headers: {
            ...this.#headers(),
            "Content-Type": "application/json",
            "Idempotency-Key": randomUUID(),
          },
          body,
        });
        return (await read<PortfolioView>(answer)).portfolioId;
      }),
    );
  }

  portfolio(portfolioId: string): Promise<PortfolioView> {
    return this.#get(`/api/portfolios/${portfolioId}`);
  }

  /** Without a price no order is accepted. */
  async awaitQuote(symbol: string): Promise<void> {
    const giveUpMs = performance.now() + QUOTE_MS;
    for (;;) {
      const answer = await fetch(`${this.#url}/api/market-data/${symbol}/quote`, {
        headers: this.#headers(),
      });
      if (answer.ok) return;
      if (performance.now() > giveUpMs)
        throw new Error(`no quote of ${symbol}: ${await answer.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** When the last price of a symbol was made, epoch ms. */
  async quotedAtMs(symbol: string): Promise<number> {
    const quote = await this.#get<QuoteView>(`/api/market-data/${symbol}/quote`);
    return Date.parse(quote.timestamp);
  }

  async #get<T>(path: string): Promise<T> {
    return read<T>(await fetch(this.#url + path, { headers: this.#headers() }));
  }

  #headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.token}` };
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  const body: unknown = await answer.json();
  // sound: T is what the route table says of this path
  return body as T;
}
