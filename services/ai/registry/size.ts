import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import { invalid } from "./definition.ts";
import type { RegistryParts } from "./parts.ts";
import type { Range } from "./train-job.ts";

/** What a data set has at most, see `Datasets`. */
const ROWS_MAX = 1_000_000;

/**
 * Refuses at once what would be refused once the data are read. The store's number of bars is an estimate: only what is far beyond is
 * known to be too much.
 * @throws RestError 422
 */
export async function refuseTooMany(
  { node }: RegistryParts,
  { symbols, timeframe }: ModelDefinition,
  { startMs, endMs }: Range,
): Promise<void> {
  const rows = await node.broker.call<number, object>("features.rows", {
    symbols,
    timeframe,
    ...(startMs !== null && { startMs }),
    ...(endMs !== null && { endMs }),
  });
  if (rows / 2 > ROWS_MAX)
    throw unprocessable([
      invalid(
        "start",
        `about ${rows} rows lie in the range (TOO_LARGE); at most ${ROWS_MAX} can be learnt from`,
      ),
    ]);
}
