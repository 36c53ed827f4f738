import { dec } from "../../shared/decimal.ts";
import type { FailedStep } from "./messages.ts";
import { type Attempt, FAILURES_MAX } from "./state.ts";
import type { Turn } from "./turn.ts";

const RETRIES_MS = [250, 1_000, 4_000, 16_000, 64_000];

/** Records that something did not come about, and sets the time to try it again. @param why when the child did not say it itself */
export function fail(
  turn: Turn,
  leg: number,
  { orderId, text: words, reasons, orderQty, request }: Attempt,
  step: FailedStep,
  why: Pick<Attempt, "text" | "reasons"> = { text: words, reasons },
): void {
  const { state, env } = turn;
  if (state.phase !== "started") return;
  const isShrink =
    step === "amendment" && request?.what === "amend" && dec(request.orderQty).lessThan(orderQty);
  const failures = (state.legs[leg]?.failures ?? 0) + 1;
  const delayMs = isShrink ? 0 : delayOf(step, failures);
  const retryAtMs = delayMs === null ? null : env.nowMs + delayMs;
  const said = why.text ?? why.reasons.map(({ message }) => message).join("; ");
  turn.add({
    type: "LegFailed",
    leg,
    orderId,
    step,
    text: said === "" ? `the ${step} was refused` : said,
    reasons: why.reasons,
    failures,
    retryAtMs,
  });
  if (retryAtMs !== null && retryAtMs > env.nowMs) turn.wake(leg, retryAtMs);
}

/** Null: not again by itself. */
function delayOf(step: FailedStep, failures: number): number | null {
  if (failures < FAILURES_MAX) return RETRIES_MS[failures - 1] ?? null;
  return step === "cancel" ? (RETRIES_MS.at(-1) ?? null) : null;
}
