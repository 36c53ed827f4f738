import type { NodeContext } from "../../context.ts";
import { alpacaStream } from "../sources/alpaca-stream.ts";
import { binanceStream } from "../sources/binance-stream.ts";
import { ccxtStream } from "../sources/ccxt-stream.ts";
import { simulationStream } from "../sources/simulation-stream.ts";
import type { MarketDataSource } from "../sources/source.ts";
import type { StreamTools } from "../sources/vendor-stream.ts";

type OpenStream = NonNullable<MarketDataSource["stream"]>;

const CCXT = "ccxt:";
const IMAGE_MS = 10_000;
const STEPS_PER_SECOND = 5;

interface Opening {
  readonly sourceId: string;
  readonly toVendor: (symbol: string) => string;
  readonly tools: StreamTools;
}

/**
 * Opens the stream of a source.
 * @param toVendor its names of our symbols
 * @param warn of what befalls its line
 * @throws Error when its keys are missing
 * @throws RangeError when ccxt has no stream of the exchange
 */
export type StreamOpener = (
  toVendor: (symbol: string) => string,
  warn: StreamTools["warn"],
) => OpenStream;

/** To be asked for once a source: what it calls over the network is known by its name. Null: it has no stream. */
export function openerOf(node: NodeContext, sourceId: string): StreamOpener | null {
  const open = byVendor(node, sourceId);
  if (open === null) return null;
  const { clock } = node;
  return (toVendor, warn) =>
    open({ sourceId, toVendor, tools: { clock, random: Math.random, warn } });
}

function byVendor(node: NodeContext, sourceId: string): ((opening: Opening) => OpenStream) | null {
  switch (sourceId) {
    case "binance":
      return binance(node, sourceId, "spot");
    case "binance-futures":
      return binance(node, sourceId, "usdm");
    case "alpaca":
      return (opening) => alpaca(node, opening);
    case "simulation":
      return ({ tools: { clock } }) =>
        simulationStream({ sourceId, clock, seed: 1, stepsPerSecond: STEPS_PER_SECOND });
    default:
      return sourceId.startsWith(CCXT) ? (opening) => ccxt(node, opening) : null;
  }
}

function binance(
  node: NodeContext,
  sourceId: string,
  market: "spot" | "usdm",
): (opening: Opening) => OpenStream {
  const dependency = node.dependencies.add<string>({
    name: `data-${sourceId}-books`,
    timeoutMs: IMAGE_MS,
  });
  const { binance: spot, binanceFutures } = node.config.sources;
  const { url: restUrl, streamUrl } = market === "spot" ? spot : binanceFutures;
  const ask = (url: string, until: AbortSignal): Promise<string> =>
    dependency.call((signal) => fetchText(url, signal), { until });
  return (opening) => binanceStream({ ...opening, market, streamUrl, restUrl, fetchText: ask });
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { redirect: "error", signal });
  if (!response.ok) throw new VendorAnswer(response.status);
  return response.text();
}

/** Its status says whether the vendor is ill or our question was. */
class VendorAnswer extends Error {
  override readonly name = "VendorAnswer";
  readonly status: number;

  constructor(status: number) {
    super(`expected a book, found status ${String(status)}`);
    this.status = status;
  }
}

function alpaca({ config }: NodeContext, opening: Opening): OpenStream {
  if (config.alpaca === null) throw new Error("its keys are not configured");
  const { keyId, secretKey } = config.alpaca;
  const { feed, streamUrl } = config.sources.alpaca;
  return alpacaStream({ ...opening, streamUrl, feed, keyId, secretKey });
}

function ccxt({ config }: NodeContext, opening: Opening): OpenStream {
  const { url: http, streamUrl: ws } = config.sources.ccxt;
  const exchangeId = opening.sourceId.slice(CCXT.length);
  return ccxtStream({ ...opening, exchangeId, hosts: hostsOf(http, ws) });
}

/** Both are replaced or none: an exchange tells its markets over HTTP before it streams them. */
function hostsOf(http: string | null, ws: string | null) {
  return http === null || ws === null ? null : { http, ws };
}
