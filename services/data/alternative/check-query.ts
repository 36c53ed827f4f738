import { conflict, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { AlternativeDefinition } from "./source.ts";

interface Asked {
  readonly symbols: readonly string[];
  readonly series: readonly string[];
  readonly query: string | null;
}

/** @throws RestError 409 for a source without its key, 422 for what it cannot be asked */
export function checkQuery(definition: AlternativeDefinition, asked: Asked): void {
  const { sourceId, isConfigured, variables, needs, heeds } = definition;
  if (!isConfigured)
    throw conflict(`${sourceId} is not configured: it needs ${variables.join(", ")}`);
  const given = (["symbols", "series", "query"] as const).filter((name) => isGiven(asked[name]));
  const errors = given
    .filter((name) => !heeds.includes(name))
    .map((path) => ({
      path,
      code: "UNSUPPORTED_VALUE" as const,
      message: `is nothing that ${sourceId} can be asked for`,
    }));
  const [needed] = needs;
  if (needed !== undefined && !given.some((name) => needs.includes(name)))
    throw unprocessable([
      {
        path: needed,
        code: "REQUIRED",
        message: `is required of ${sourceId}: ${needs.join(" or ")}`,
      },
    ]);
  if (errors.length > 0) throw unprocessable(errors);
}

function isGiven(value: string | readonly string[] | null): boolean {
  return value !== null && value.length > 0;
}
