import type { Metrics } from "../metrics.ts";

/** The measures of the actor layer; names after docs/ARCHITECTURE.md. */
export interface ActorMetrics {
  readonly active: (value: number, labels: { readonly type: string }) => void;
  readonly mailboxDepth: (value: number) => void;
  readonly turnMs: (value: number) => void;
  readonly batchSize: (value: number) => void;
  readonly commitMs: (value: number) => void;
  readonly append: (labels: { readonly status: string }) => void;
  readonly shardsOwned: (value: number) => void;
  readonly leaseMarginMs: (value: number) => void;
  readonly activationMs: (value: number) => void;
  readonly reminderLateMs: (value: number) => void;
  readonly outboxLag: (value: number) => void;
  readonly effect: (labels: { readonly result: string }) => void;
  readonly effectsRunning: (value: number) => void;
  readonly onRender: (refresh: () => void) => void;
}

export function actorMetrics(metrics: Metrics): ActorMetrics {
  return {
    active: metrics.gauge("actor_active", "Activations in memory by type"),
    mailboxDepth: metrics.gauge("actor_mailbox_depth", "Commands waiting on this node"),
    turnMs: metrics.histogram("actor_turn_ms", "Time from a turn's start to its answers"),
    batchSize: metrics.histogram(
      "commit_batch_size",
      "Turns in one commit",
      [1, 2, 4, 8, 16, 32, 64, 128],
    ),
    commitMs: metrics.histogram("commit_ms", "Time of one group commit"),
    append: metrics.counter("append_total", "Turns appended by outcome"),
    shardsOwned: metrics.gauge("shard_owned", "Shards whose lease this node holds"),
    leaseMarginMs: metrics.gauge("lease_margin_ms", "Time left until this node stops itself"),
    activationMs: metrics.histogram(
      "activation_ms",
      "Time from the first command to an active actor",
    ),
    reminderLateMs: metrics.histogram("reminder_late_ms", "How late reminders fire"),
    outboxLag: metrics.gauge("outbox_lag_events", "Events committed here and not relayed yet"),
    effect: metrics.counter("effect_total", "Effects run, by result"),
    effectsRunning: metrics.gauge("effect_running", "Effects being run"),
    onRender: (refresh) => metrics.onRender(refresh),
  };
}
