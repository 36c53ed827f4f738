import type { Ensemble, Member, ModelRule, SignalDefinition, Voter } from "./definition.ts";
import { type Given, ParameterReader, type SignalFault } from "./parameters.ts";

const PERIOD_MAX = 1_000;
const HORIZON_MAX = 1_000;
const MEMBERS_MAX = 20;
const VOTERS = ["crossover", "meanReversion", "momentum", "breakout", "model"] as const;

/**
 * A signal's definition as it was given, with its defaults.
 * @param path what paths of faults begin with, e.g. `strategy.parameters.`
 */
export function readDefinition(
  kind: SignalDefinition["kind"],
  given: Given,
  path = "",
): { readonly definition: SignalDefinition } | { readonly faults: readonly SignalFault[] } {
  const faults: SignalFault[] = [];
  const read = new ParameterReader(given, path, faults);
  const definition = of(kind, read, faults);
  read.refuseOthers();
  return faults.length > 0 ? { faults } : { definition };
}

function of(
  kind: SignalDefinition["kind"],
  read: ParameterReader,
  faults: SignalFault[],
): SignalDefinition {
  if (kind === "pairs") {
    const window = read.integer("window", { min: 10, max: PERIOD_MAX, or: 60 });
    return { kind, window, ...thresholds(read, 2), horizon: horizon(read, 10) };
  }
  return kind === "ensemble" ? readEnsemble(read, faults) : readVoter(kind, read);
}

function readVoter(kind: Voter["kind"], read: ParameterReader): Voter {
  switch (kind) {
    case "crossover":
      return { kind, fast: read.text("fast"), slow: read.text("slow"), horizon: horizon(read, 21) };
    case "meanReversion":
      return readReversion(read);
    case "momentum":
      return readMomentum(read);
    case "breakout":
      return {
        kind,
        entry: period(read, "entry", 20),
        exit: period(read, "exit", 10),
        horizon: horizon(read, 20),
      };
    case "model":
      return readModel(read);
  }
}

function readReversion(read: ParameterReader): Voter {
  const variant = read.oneOf("variant", ["zscore", "rsi"]);
  const isRsi = variant === "rsi";
  return {
    kind: "meanReversion",
    variant,
    period: period(read, "period", isRsi ? 14 : 20),
    ...thresholds(read, isRsi ? 20 : 2),
    horizon: horizon(read, 5),
  };
}

function readMomentum(read: ParameterReader): Voter {
  const lookback = period(read, "lookback", 252);
  const skip = read.integer("skip", { min: 0, max: PERIOD_MAX, or: 21 });
  read.require(skip < lookback, "skip", "must be less than the lookback");
  return {
    kind: "momentum",
    lookback,
    skip,
    volatility: period(read, "volatility", 60),
    threshold: read.number("threshold", { min: 0, max: 100, or: 0.5 }),
    horizon: horizon(read, 21),
  };
}

function readModel(read: ParameterReader): ModelRule {
  const buyAbove = read.number("buyAbove", { min: 0, max: 1, or: 0.55 });
  const sellBelow = read.number("sellBelow", { min: 0, max: 1, or: 0.45 });
  read.require(sellBelow < buyAbove, "sellBelow", "must be less than buyAbove");
  return {
    kind: "model",
    modelId: read.text("modelId"),
    version: read.has("version") ? read.integer("version", { min: 1, max: 1_000_000_000 }) : null,
    buyAbove,
    sellBelow,
    costBps: read.number("costBps", { min: 0, max: 10_000, or: 0 }),
  };
}

function readEnsemble(read: ParameterReader, faults: SignalFault[]): Ensemble {
  return {
    kind: "ensemble",
    members: read.list("members", MEMBERS_MAX, (item, path) => readMember(item, path, faults)),
    threshold: read.number("threshold", { min: 0.01, max: 1, or: 0.3 }),
    agreement: read.number("agreement", { min: 0, max: 1, or: 0.5 }),
    horizon: horizon(read, 10),
  };
}

function readMember(item: Given, path: string, faults: SignalFault[]): Member {
  const read = new ParameterReader(item, path, faults);
  const weight = read.number("weight", { min: 0.000_001, max: 1_000_000, or: 1 });
  const kind = read.oneOf("kind", VOTERS);
  const own = new ParameterReader(read.object("parameters"), `${path}parameters.`, faults);
  const rule = readVoter(kind, own);
  own.refuseOthers();
  read.refuseOthers();
  return { weight, rule };
}

function thresholds(read: ParameterReader, entryOr: number) {
  const entry = read.number("entry", { min: 0.01, max: 50, or: entryOr });
  const exit = read.number("exit", { min: 0, max: 50, or: 0 });
  read.require(exit < entry, "exit", "must be less than the entry");
  return { entry, exit };
}

function period(read: ParameterReader, name: string, or: number): number {
  return read.integer(name, { min: 2, max: PERIOD_MAX, or });
}

function horizon(read: ParameterReader, or: number): number {
  return read.integer("horizon", { min: 1, max: HORIZON_MAX, or });
}
