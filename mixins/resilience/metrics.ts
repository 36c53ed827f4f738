import type { Metrics, Series } from "../metrics.ts";
import type { BreakerState } from "./circuit-breaker.ts";

/** What is to be seen of breakers, bulkheads and deadlines; the names are explained in docs/ARCHITECTURE.md. */
export interface ResilienceMetrics {
  readonly breakerState: (value: number, labels: { readonly dependency: string }) => void;
  readonly breakerTransition: (
    labels: { readonly dependency: string; readonly to: BreakerState },
    amount?: number,
  ) => void;
  readonly bulkheadInFlight: (value: number, labels: { readonly action: string }) => void;
  readonly bulkheadQueued: (value: number, labels: { readonly action: string }) => void;
  readonly bulkheadRejected: (labels: { readonly action: string }, amount?: number) => void;
  readonly deadlineExceeded: (labels: {
    readonly action: string;
    /** `timedOut`: its caller was told so; `notBegun`: it was dropped when its turn came */
    readonly outcome: "timedOut" | "notBegun";
  }) => void;
  readonly abandoned: (labels: { readonly action: string }) => void;
  readonly calls: CallMetrics;
  readonly onRender: (refresh: () => void) => void;
}

/** Whose series are found once for each action and caller, because every call counts in four of them. */
export interface CallMetrics {
  readonly total: (labels: CallLabels) => Series;
  readonly active: (labels: CallLabels) => Series;
  readonly failed: (labels: CallLabels & { readonly errorType: string }) => Series;
  readonly timeMs: (labels: CallLabels) => { observe(ms: number): void };
}

// A type alias, so that it is assignable to labels of any names.
export type CallLabels = {
  readonly service: string;
  readonly action: string;
  /** `local` or `remote` */
  readonly type: string;
  /** the service that called; empty: nobody's call led to it */
  readonly caller: string;
};

export function resilienceMetrics(metrics: Metrics): ResilienceMetrics {
  return {
    breakerState: metrics.gauge("circuit_breaker_state", "0 closed, 1 half-open, 2 open"),
    breakerTransition: metrics.counter(
      "circuit_breaker_transitions_total",
      "Changes of a breaker's state, by the state that it came to",
    ),
    bulkheadInFlight: metrics.gauge("bulkhead_in_flight", "Heavy calls being worked on"),
    bulkheadQueued: metrics.gauge("bulkhead_queued", "Heavy calls waiting for a place"),
    bulkheadRejected: metrics.counter(
      "bulkhead_rejected_total",
      "Heavy calls refused because too many wait",
    ),
    deadlineExceeded: metrics.counter(
      "deadline_exceeded_total",
      "Calls that timed out, and calls that were not begun because they had",
    ),
    abandoned: metrics.counter(
      "abandoned_calls_total",
      "Calls not begun because the client had hung up",
    ),
    calls: {
      total: metrics.series("counter", "moleculer_request_total", "Calls of actions"),
      active: metrics.series("gauge", "moleculer_request_active", "Calls being worked on"),
      failed: metrics.series("counter", "moleculer_request_error_total", "Calls that failed"),
      timeMs: metrics.histograms("moleculer_request_time", "Until a call was answered, ms"),
    },
    onRender: (refresh) => metrics.onRender(refresh),
  };
}

/** As a number, the worse the higher. */
export const STATE_VALUE: Readonly<Record<BreakerState, number>> = {
  closed: 0,
  halfOpen: 1,
  open: 2,
};
