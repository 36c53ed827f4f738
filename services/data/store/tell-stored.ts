import type { NodeContext } from "../../context.ts";
import type { ChangedBars } from "../features/keep.ts";

/** Longer than the features of years of minutes take. */
const PATIENCE_MS = 60_000;

/**
 * Tells those who keep what they computed of bars that some of the past were stored together. Stored they are: that it fails
 * is reported, and changes nothing about it.
 */
export async function tellStored(
  { broker, log }: Pick<NodeContext, "broker" | "log">,
  changed: ChangedBars,
): Promise<void> {
  try {
    await broker.call("features.onStored", changed, { timeout: PATIENCE_MS });
  } catch (err) {
    log.error({ err, ...changed }, "features on record were not computed anew");
  }
}
