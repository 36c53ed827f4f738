import type { NodeContext } from "../../context.ts";
import { alpacaStream } from "../sources/alpaca-stream.ts";
import { binanceStream } from "../sources/binance-stream.ts";
import { ccxtStream } from "../sources/ccxt-stream.ts";
import { simulationStream } from "../sources/simulation-stream.ts";
import type { MarketDataSource } from "../sources/source.ts";
import type { StreamTools } from "../sources/vendor-stream.ts";
import { joined, slashed, withDot } from "../sources/vendor-symbols.ts";

export type OpenStream = NonNullable<MarketDataSource["stream"]>;

const CCXT = "ccxt:";
const IMAGE_MS = 10_000;
const STEPS_PER_SECOND = 5;

/**
 * The stream of a source, or null when it has none or its keys are missing.
 * @throws RangeError when ccxt has no such exchange
 */
export function streamOf(node: NodeContext, sourceId: string): OpenStream | null {
  const tools = toolsOf(node, sourceId);
  switch (sourceId) {
    case "binance":
      return binance(node, tools, sourceId, "spot");
    case "binance-futures":
      return binance(node, tools, sourceId, "usdm");
    case "alpaca":
      return alpaca(node, tools, sourceId);
    case "simulation":
      return simulationStream({
        sourceId,
        clock: node.clock,
        seed: 1,
        stepsPerSecond: STEPS_PER_SECOND,
      });
    default:
      return sourceId.startsWith(CCXT) ? ccxt(tools, sourceId) : null;
  }
}

function toolsOf({ clock, log }: NodeContext, source: string): StreamTools {
  return {
    clock,
    random: Math.random,
    warn: (fields, message) => log.warn({ source, ...fields }, message),
  };
}

function binance(
  node: NodeContext,
  tools: StreamTools,
  sourceId: string,
  market: "spot" | "usdm",
): OpenStream {
  const dependency = node.dependencies.add<string>({
    name: `data-${sourceId}-books`,
    timeoutMs: IMAGE_MS,
  });
  const isSpot = market === "spot";
  return binanceStream({
    sourceId,
    market,
    streamUrl: isSpot ? "wss://stream.binance.com:9443" : "wss://fstream.binance.com",
    restUrl: isSpot ? "https://api.binance.com" : "https://fapi.binance.com",
    toVendor: joined,
    fetchText: (url, until) => dependency.call((signal) => fetchText(url, signal), { until }),
    tools,
  });
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

function alpaca(node: NodeContext, tools: StreamTools, sourceId: string): OpenStream | null {
  const { alpaca: account } = node.config;
  if (account === null) return null;
  const { keyId, secretKey } = account;
  return alpacaStream({
    sourceId,
    streamUrl: "wss://stream.data.alpaca.markets",
    feed: node.config.sources.alpaca.feed,
    keyId,
    secretKey,
    toVendor: withDot,
    tools,
  });
}

function ccxt(tools: StreamTools, sourceId: string): OpenStream {
  return ccxtStream({
    sourceId,
    exchangeId: sourceId.slice(CCXT.length),
    toVendor: slashed,
    hosts: null,
    tools,
  });
}
