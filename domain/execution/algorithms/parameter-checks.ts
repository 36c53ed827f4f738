/** What parameters must keep to among one another. */
import { effectiveEta } from "./almgren-chriss.ts";
import type { FieldFault } from "./fields.ts";
import { CHILDREN_MAX, type ParametersOf } from "./parameters.ts";
import { twapCount } from "./twap.ts";
import { bucketCount } from "./volume-curve.ts";

export const MINUTE_MS = 60_000;

export function outOfRange(path: string, message: string): FieldFault {
  return { path, code: "OUT_OF_RANGE", message };
}

export function twapFaults(parameters: ParametersOf<"twap">): readonly FieldFault[] {
  const count = twapCount(parameters);
  if (count < 1) return [outOfRange("durationSeconds", "must be at least intervalSeconds")];
  return tooMany("durationSeconds", count);
}

export function tooMany(path: string, count: number): readonly FieldFault[] {
  if (count <= CHILDREN_MAX) return [];
  return [
    outOfRange(path, `must make at most ${String(CHILDREN_MAX)} children, found ${String(count)}`),
  ];
}

export function vwapFaults(parameters: ParametersOf<"vwap">): readonly FieldFault[] {
  const { curve, lookbackDays, weighting } = parameters;
  const isTwice = curve !== undefined && (lookbackDays !== undefined || weighting !== undefined);
  const isEmpty = curve !== undefined && curve.every((share) => share === 0);
  const { start } = parameters;
  return [
    ...(isTwice
      ? [
          {
            path: "curve",
            code: "INVALID_VALUE",
            message: "must stand alone, without lookbackDays or weighting",
          } as const,
        ]
      : []),
    ...(isEmpty ? [outOfRange("curve", "must have a share above 0")] : []),
    ...(start === undefined ? [] : vwapBucketFaults(parameters, start)),
  ];
}

/** Asked again when the plan is made, where the start was left open. */
export function vwapBucketFaults(
  { curve, end, intervalMinutes }: ParametersOf<"vwap">,
  startMs: number,
): readonly FieldFault[] {
  if (end <= startMs) return [outOfRange("end", "must be after the start")];
  const count = bucketCount({ startMs, endMs: end, intervalMs: intervalMinutes * MINUTE_MS });
  if (curve !== undefined && curve.length !== count) {
    return [
      outOfRange(
        "curve",
        `must have ${String(count)} shares, one a bucket, found ${String(curve.length)}`,
      ),
    ];
  }
  return tooMany("end", count);
}

export function povFaults({ rate, minRate, maxRate }: ParametersOf<"pov">): readonly FieldFault[] {
  return [
    ...(minRate !== undefined && minRate > rate
      ? [outOfRange("minRate", "must not be above rate")]
      : []),
    ...(maxRate !== undefined && maxRate < rate
      ? [outOfRange("maxRate", "must not be below rate")]
      : []),
  ];
}

export function shortfallFaults(
  parameters: ParametersOf<"implementationShortfall">,
): readonly FieldFault[] {
  const { eta, gamma } = parameters;
  if (eta === undefined || gamma === undefined) return [];
  return etaFaults({ ...parameters, eta, gamma });
}

/** η̃ must be positive. Asked again when impact was calibrated. */
export function etaFaults(model: {
  readonly eta: number;
  readonly gamma: number;
  readonly durationDays: number;
  readonly intervals: number;
}): readonly FieldFault[] {
  return effectiveEta(model) > 0
    ? []
    : [outOfRange("eta", "must be above gamma · durationDays / intervals / 2")];
}
