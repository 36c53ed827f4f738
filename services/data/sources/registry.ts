import type { Instrument } from "../../../domain/market/instrument.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { BreakerState } from "../../../mixins/resilience/circuit-breaker.ts";
import { recordSourceHealth, sourceSettings } from "../../../models/data-sources.ts";
import type { SourceSettings } from "../../../models/data-sources.ts";
import type { NodeContext } from "../../context.ts";
import { filesHistory } from "../files/files-history.ts";
import { ccxtHistory } from "./ccxt-history.ts";
import { ccxtOf, vendorsOf } from "./definitions.ts";
import type { CcxtDefinition, History, SourceDefinition, VendorDefinition } from "./definitions.ts";
import { filesOf } from "./files-definition.ts";
import { SIMULATION } from "./simulation-definition.ts";
import type { SourceError } from "./source.ts";
import { TokenBucket } from "./token-bucket.ts";
import { isIllness, VendorHttp } from "./vendor-http.ts";

type RegistryNode = Pick<NodeContext, "config" | "clock" | "dependencies" | "pool">;

/** A source with what an operator has set for it. */
export interface KnownSource {
  readonly definition: SourceDefinition;
  readonly settings: SourceSettings;
  readonly history: History;
  /** null where nothing is called over the network */
  readonly line: { readonly bucket: TokenBucket; readonly circuit: () => BreakerState } | null;
  /** what it calls a symbol of ours */
  readonly symbolAt: (symbol: string) => string;
}

type Opened = Omit<KnownSource, "settings" | "symbolAt">;

const NO_HISTORY: History = {
  bars: async function* () {
    // Nothing is known of its past.
  },
};

/** The sources of a node, in the order in which they are asked. */
export class SourceRegistry {
  readonly #node: RegistryNode;
  readonly #opened: readonly Opened[];
  #settings: ReadonlyMap<string, SourceSettings> = new Map();

  constructor(node: RegistryNode) {
    this.#node = node;
    this.#opened = [
      this.#openFiles(),
      ...vendorsOf(node.config).map((vendor) => this.#openVendor(vendor)),
      ...ccxtOf(node.config).map((exchange) => this.#openCcxt(exchange)),
      { definition: SIMULATION, history: NO_HISTORY, line: null },
    ];
  }

  /** Takes over what is set now, wherever it was set. */
  async refresh(): Promise<void> {
    this.#settings = await sourceSettings(this.#node.pool);
    for (const { line, settings, definition } of this.all())
      line?.bucket.change(settings.rateLimit ?? definition.limit);
  }

  all(): readonly KnownSource[] {
    return this.#opened
      .map((opened) => ({
        ...opened,
        settings: this.#settingsOf(opened.definition),
        symbolAt: this.#symbolAt(opened.definition),
      }))
      .toSorted((a, b) => a.settings.priority - b.settings.priority);
  }

  find(sourceId: string): KnownSource | null {
    return this.all().find(({ definition }) => definition.sourceId === sourceId) ?? null;
  }

  /** Who may have bars of this, the first to be asked first. */
  forBars(
    instrument: Pick<Instrument, "assetClass">,
    timeframe: Timeframe,
  ): readonly KnownSource[] {
    return this.#usable(instrument).filter(({ definition }) =>
      definition.timeframes.includes(timeframe),
    );
  }

  forTrades(instrument: Pick<Instrument, "assetClass">): readonly KnownSource[] {
    return this.#usable(instrument).filter(({ definition }) => definition.hasTrades);
  }

  #usable({ assetClass }: Pick<Instrument, "assetClass">): readonly KnownSource[] {
    return this.all().filter(
      ({ definition, settings }) =>
        definition.isConfigured &&
        settings.isEnabled &&
        definition.assetClasses.includes(assetClass),
    );
  }

  /** How a source answered, for whoever asks how it does. What cannot be written down is left out. */
  async note(sourceId: string, error: SourceError | null): Promise<void> {
    const fault = error === null ? null : { code: error.fault, message: error.message };
    await recordSourceHealth(this.#node.pool, sourceId, fault).catch(() => undefined);
  }

  #settingsOf({ sourceId, priority }: SourceDefinition): SourceSettings {
    return (
      this.#settings.get(sourceId) ?? {
        sourceId,
        isEnabled: true,
        priority,
        symbols: {},
        rateLimit: null,
        layouts: null,
        liveSymbols: null,
        liveKinds: null,
      }
    );
  }

  #symbolAt({ sourceId, symbolAt }: Pick<SourceDefinition, "sourceId" | "symbolAt">) {
    return (symbol: string): string => {
      const { symbols = {} } = this.#settings.get(sourceId) ?? {};
      // A symbol comes from outside; `constructor` is none of the operator's.
      return Object.hasOwn(symbols, symbol) ? (symbols[symbol] ?? symbol) : symbolAt(symbol);
    };
  }

  #openFiles(): Opened {
    const definition = filesOf(this.#node.config);
    const { filesDir } = this.#node.config.sources;
    const layouts = () => this.#settingsOf(definition).layouts;
    const symbolAt = this.#symbolAt(definition);
    return { definition, history: filesHistory({ root: filesDir, layouts, symbolAt }), line: null };
  }

  #openVendor(definition: VendorDefinition): Opened {
    const { sourceId, terms, limit } = definition;
    const http = new VendorHttp(this.#node, { ...terms, name: sourceId, limit });
    const history = definition.open(http, this.#symbolAt(definition));
    return { definition, history, line: { bucket: http.bucket, circuit: () => http.circuit } };
  }

  #openCcxt({ exchangeId, url, ...terms }: CcxtDefinition): Opened {
    const { clock, dependencies } = this.#node;
    const { sourceId, limit } = terms;
    const dependency = dependencies.add({
      name: `data-${sourceId}`,
      timeoutMs: 20_000,
      isFailure: isIllness,
    });
    const bucket = new TokenBucket(clock, limit);
    const { timeframes, ...history } = ccxtHistory({
      sourceId,
      exchangeId,
      host: url,
      dependency,
      bucket,
      now: () => clock.now(),
      symbolAt: this.#symbolAt(terms),
    });
    const line = { bucket, circuit: () => dependency.circuit };
    return { definition: { ...terms, timeframes }, history, line };
  }
}
