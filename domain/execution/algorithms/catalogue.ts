/** The strategies that execute an order, and how their parameters are read. */
import { type FieldFault, type FieldSchema, type Read, readShape, schemaOf } from "./fields.ts";
import { povFaults, shortfallFaults, twapFaults, vwapFaults } from "./parameter-checks.ts";
import { SHAPES, STRATEGY_NAMES, type Strategy, type StrategyName } from "./parameters.ts";
import { routingFaults } from "./routing-checks.ts";

const DESCRIPTIONS: Record<StrategyName, string> = {
  twap: "equal children at equal times (time-weighted average price)",
  vwap: "children in proportion to the volume expected in each bucket (volume-weighted average price)",
  pov: "a constant part of the market's volume",
  implementationShortfall:
    "the trajectory that balances impact against risk (Almgren and Chriss, 2000)",
  iceberg: "shows one small slice at a time",
  sniper: "hidden; takes what is offered at the limit or better",
  smartRouting: "takes the cheapest displayed levels over all venues, fees included",
};

export interface CatalogueEntry {
  readonly name: StrategyName;
  readonly description: string;
  /** JSON Schema of the parameters */
  readonly parameters: FieldSchema;
}

export function catalogue(): readonly CatalogueEntry[] {
  return STRATEGY_NAMES.map((strategy) => ({
    name: strategy,
    description: DESCRIPTIONS[strategy],
    parameters: schemaOf(SHAPES[strategy]),
  }));
}

export function isStrategyName(value: unknown): value is StrategyName {
  return STRATEGY_NAMES.some((strategy) => strategy === value);
}

/**
 * Parameters from outside, checked each by itself and against one another. What depends on the order or the market (lots, a
 * curve from history) is checked when the plan is made.
 */
export function parseStrategy(strategy: StrategyName, input: unknown): Read<Strategy> {
  switch (strategy) {
    case "twap":
      return parsed(strategy, readShape(SHAPES.twap, input), twapFaults);
    case "vwap":
      return parsed(strategy, readShape(SHAPES.vwap, input), vwapFaults);
    case "pov":
      return parsed(strategy, readShape(SHAPES.pov, input), povFaults);
    case "implementationShortfall":
      return parsed(strategy, readShape(SHAPES.implementationShortfall, input), shortfallFaults);
    case "iceberg":
      return parsed(strategy, readShape(SHAPES.iceberg, input), noFaults);
    case "sniper":
      return parsed(strategy, readShape(SHAPES.sniper, input), noFaults);
    case "smartRouting":
      return parsed(strategy, readShape(SHAPES.smartRouting, input), routingFaults);
  }
}

function parsed<N extends StrategyName, P>(
  strategy: N,
  read: Read<P>,
  faultsOf: (parameters: P) => readonly FieldFault[],
): Read<{ readonly name: N; readonly parameters: P }> {
  if ("faults" in read) return read;
  const faults = faultsOf(read.value);
  return faults.length > 0 ? { faults } : { value: { name: strategy, parameters: read.value } };
}

const noFaults = (): readonly FieldFault[] => [];
