import type { WebSocket } from "ws";
import type { TradeTick } from "../../domain/market/quote.ts";
import { isRecord } from "../../domain/market/field-reader.ts";
import { answerOfPast } from "./binance-past.ts";
import { MarketSocketServer } from "./market-socket-server.ts";

/** Binance's market streams, the snapshots of its books, and what it knows of the past. */
export class BinanceStreams {
  readonly server: MarketSocketServer;
  /** the answer to a question for a book, as JSON; null: 503 */
  image: string | null = null;
  images = 0;
  /** of one market, oldest first */
  past: readonly TradeTick[] = [];
  /** so many questions about the past are answered with a 503 first */
  pastFailures = 0;
  pastAsked = 0;
  /** answers subscriptions with an error */
  isRefusing = false;

  private constructor(server: MarketSocketServer) {
    this.server = server;
  }

  static async start(): Promise<BinanceStreams> {
    const server = await MarketSocketServer.start({
      onMessage: (socket, message) => streams.#answer(socket, message),
      onRequest: (req, res) => {
        const answer = streams.#answerTo(new URL(req.url ?? "/", "http://binance"));
        res.writeHead(answer === null ? 503 : 200).end(answer ?? "");
      },
    });
    const streams = new BinanceStreams(server);
    return streams;
  }

  #answerTo(url: URL): string | null {
    const past = answerOfPast(url, this.past);
    if (past === null) {
      this.images += 1;
      return this.image;
    }
    this.pastAsked += 1;
    if (this.pastFailures === 0) return JSON.stringify(past);
    this.pastFailures -= 1;
    return null;
  }

  #answer(socket: WebSocket, message: unknown): void {
    const id = isRecord(message) ? message["id"] : null;
    const refusal = { error: { code: 2, msg: "Invalid request: unknown stream" }, id };
    socket.send(JSON.stringify(this.isRefusing ? refusal : { result: null, id }));
  }
}

export async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}
