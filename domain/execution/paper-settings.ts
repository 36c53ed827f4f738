/** The settings of a paper account; docs/PAPER.md says what each does. */
import type { Json } from "../shared/json.ts";
import { Decimal, type DecimalString, dec, text } from "../shared/decimal.ts";
import { type FeeSchedule, PAPER_FEES } from "./fees.ts";
import { type SettingFault, SettingReader } from "./setting-reader.ts";
import { FILL_MODELS, type Slippage, type VenueRules } from "./venue-rules.ts";

/** By market time, ms. */
export interface Latency {
  readonly submitMs: number;
  /** also of amendments */
  readonly cancelMs: number;
  readonly reportMs: number;
  /** up to so much more of each, uniformly, decided by the seed and the order's id */
  readonly jitterMs: number;
  readonly seed: number;
}

/** Probabilities with which things go wrong, decided by the seed and the order's or report's id. */
export interface Faults {
  /** the venue has the order, and its answer is lost */
  readonly dropReply: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly delay: number;
  /** by market time */
  readonly delayMs: number;
  readonly reject: number;
  /** the call does not come through at all */
  readonly disconnect: number;
  readonly seed: number;
}

/** A venue of an account, beside its own. */
export interface ExtraVenue {
  readonly name: string;
  readonly fees: FeeSchedule;
  readonly latencyMs: number;
  /** of what the market displays, in (0, 1] */
  readonly depthShare: DecimalString;
}

export interface PaperSettings {
  readonly fees: FeeSchedule;
  readonly rules: VenueRules;
  /** of a bar's volume; null: no cap */
  readonly participation: DecimalString | null;
  readonly latency: Latency;
  readonly faults: Faults;
  readonly venues: readonly ExtraVenue[];
}

type Settings = { readonly [name: string]: Json };

/** The name of an account's own venue among those of its actors; no extra venue may take it. */
export const OWN_VENUE = "PAPER";

const VENUE_NAME = /^[A-Z][A-Z0-9_-]{0,15}$/;
const BPS = ["-100", "1000"] as const;
/** A day: orders that take longer are not what is simulated. */
const DELAY_MS = [0, 86_400_000] as const;
const SEED = [0, 0xffff_ffff] as const;
const VENUES_MAX = 16;

/** @returns every fault: the accounts of the environment, without settings, have none */
export function checkPaperSettings(
  credentials: Readonly<Record<string, string>>,
  settings: Settings,
): readonly SettingFault[] {
  const faults: SettingFault[] = Object.keys(credentials).map((name) => ({
    path: `credentials.${name}`,
    message: "a paper account has no credentials",
  }));
  read(settings, faults);
  return faults;
}

/** What `checkPaperSettings` has found nothing wrong with; `feeBps` is what every kind of account has. */
export function paperSettings({ feeBps, ...settings }: Settings): PaperSettings {
  const common = typeof feeBps === "string" ? feeBps : null;
  return read(settings, [], common);
}

/** The most that any venue of the account takes of a notional; fees per unit are on top of it, and not known in bps. */
export function dearestBps(settings: Settings): DecimalString {
  const { fees, venues } = paperSettings(settings);
  const schedules = [fees, ...venues.map((venue) => venue.fees)];
  return text(
    Decimal.max(...schedules.flatMap(({ makerBps, takerBps }) => [makerBps, takerBps]), 0),
  );
}

function read(
  settings: Settings,
  faults: SettingFault[],
  feeBps: DecimalString | null = null,
): PaperSettings {
  const reader = new SettingReader("settings", settings, faults);
  const { makerBps, takerBps } = PAPER_FEES;
  const usual = feeBps === null ? { makerBps, takerBps } : { makerBps: feeBps, takerBps: feeBps };
  const found: PaperSettings = {
    fees: readFees(reader, usual),
    rules: {
      fillModel: reader.oneOf("fillModel", FILL_MODELS, "default"),
      slippage: readSlippage(reader.object("slippage")),
    },
    participation: readShare(reader, "participation", null),
    latency: readLatency(reader.object("latency")),
    faults: readFaults(reader.object("faults")),
    venues: readVenues(reader, usual),
  };
  reader.end();
  return found;
}

function readFees(reader: SettingReader, { makerBps, takerBps }: FeeSchedule): FeeSchedule {
  const fees = {
    makerBps: reader.decimal("makerBps", BPS, makerBps),
    takerBps: reader.decimal("takerBps", BPS, takerBps),
  };
  const feePerUnit = reader.decimal("feePerUnit", ["0", "1000000"], null);
  return feePerUnit === null ? fees : { ...fees, feePerUnit };
}

function readSlippage(reader: SettingReader): Slippage {
  const models = ["none", "fixed", "volumeShare", "squareRoot"] as const;
  const model = reader.oneOf("model", models, "none");
  const slippage = slippageOf(model, reader);
  reader.end();
  return slippage;
}

function slippageOf(model: Slippage["model"], reader: SettingReader): Slippage {
  switch (model) {
    case "none":
      return { model };
    case "fixed":
      return fixedOf(reader);
    case "volumeShare":
      return {
        model,
        volumeLimit: reader.decimal("volumeLimit", ["0", "1"], "0.025"),
        priceImpact: reader.decimal("priceImpact", ["0", "10"], "0.1"),
      };
    case "squareRoot":
      return { model, factor: reader.decimal("factor", ["0", "10"], "1") };
  }
}

function fixedOf(reader: SettingReader): Slippage {
  const given = ["amount", "ticks", "bps"].filter((name) => reader.has(name));
  if (given.length !== 1)
    reader.refuse("model", "fixed slippage needs one of amount, ticks and bps");
  if (reader.has("ticks"))
    return { model: "fixed", ticks: reader.decimal("ticks", ["0", "10000"], "0") };
  if (reader.has("bps")) return { model: "fixed", bps: reader.decimal("bps", ["0", "10000"], "0") };
  return { model: "fixed", amount: reader.decimal("amount", ["0", "1000000"], "0") };
}

function readShare<D extends DecimalString | null>(
  reader: SettingReader,
  name: string,
  otherwise: D,
): DecimalString | D {
  const share = reader.decimal(name, ["0", "1"], otherwise);
  if (share !== null && dec(share).isZero()) reader.refuse(name, "must be above 0");
  return share;
}

function readLatency(reader: SettingReader): Latency {
  const latency = {
    submitMs: reader.integer("submitMs", DELAY_MS, 0),
    cancelMs: reader.integer("cancelMs", DELAY_MS, 0),
    reportMs: reader.integer("reportMs", DELAY_MS, 0),
    jitterMs: reader.integer("jitterMs", DELAY_MS, 0),
    seed: reader.integer("seed", SEED, 0),
  };
  reader.end();
  return latency;
}

function readFaults(reader: SettingReader): Faults {
  const faults = {
    dropReply: reader.probability("dropReply"),
    duplicate: reader.probability("duplicate"),
    reorder: reader.probability("reorder"),
    delay: reader.probability("delay"),
    delayMs: reader.integer("delayMs", DELAY_MS, 60_000),
    reject: reader.probability("reject"),
    disconnect: reader.probability("disconnect"),
    seed: reader.integer("seed", SEED, 0),
  };
  reader.end();
  return faults;
}

function readVenues(reader: SettingReader, usual: FeeSchedule): readonly ExtraVenue[] {
  const names = new Set([OWN_VENUE]);
  return reader.list("venues", VENUES_MAX).map((each) => {
    const words = "must be capitals, digits, - and _, at most 16";
    const name = each.name("name", VENUE_NAME, words);
    if (names.has(name)) each.refuse("name", "another venue of the account has this name");
    names.add(name);
    const venue = {
      name,
      fees: readFees(each, usual),
      latencyMs: each.integer("latencyMs", DELAY_MS, 0),
      depthShare: readShare(each, "depthShare", "1"),
    };
    each.end();
    return venue;
  });
}
