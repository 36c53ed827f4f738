import type {
  EffectStore,
  Journal,
  LeaseStore,
  Outbox,
  OutboxEvent,
  ReminderStore,
} from "../../domain/shared/journal.ts";
import type { Clock } from "../clock.ts";
import type { Pools } from "./ids.ts";
import type { ActorMetrics } from "./metrics.ts";

/** Everything that the actor layer needs from outside: a test may replace any of it, and nothing else is global. */
export interface ActorPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly leases: LeaseStore;
  readonly effects: EffectStore;
  readonly reminders: ReminderStore;
  readonly outbox: Outbox;
  readonly bus: EventBus;
  readonly log: ActorLog;
  readonly metrics: ActorMetrics;
  /** uniform in [0, 1): for jitter */
  readonly random: () => number;
  readonly newId: () => string;
  /** told at each named step; tests end the process here */
  readonly probe: (point: ProbePoint) => void;
}

/** The steps between which a crash must do no harm. */
export const PROBE_POINTS = [
  "activation.claimed",
  "turn.decided",
  "turn.committed",
  "gate.opened",
  "effect.started",
  "effect.done",
  "effect.forgotten",
  "reminder.due",
  "snapshot.saved",
  "relay.published",
  "relay.advanced",
] as const;
export type ProbePoint = (typeof PROBE_POINTS)[number];

/** Takes committed events, in commit order per stream, at least once. */
export interface EventBus {
  publish(events: readonly OutboxEvent[]): Promise<void>;
}

export interface ActorLog {
  info(message: string, context?: Readonly<Record<string, unknown>>): void;
  warn(message: string, context?: Readonly<Record<string, unknown>>): void;
  error(message: string, context?: Readonly<Record<string, unknown>>): void;
}

export interface ActorOptions {
  readonly nodeId: string;
  /** of all actor types of the installation, hosted here or elsewhere */
  readonly pools: Pools;
  readonly leaseTtlMs: number;
  readonly renewEveryMs: number;
  /** the owner stops itself this long before its lease ends */
  readonly leaseMarginMs: number;
  readonly mailboxMax: number;
  readonly nodeMax: number;
  readonly turnMax: number;
  readonly commitLanes: number;
  readonly commitBatchMax: number;
  readonly snapshotEvery: number;
  readonly idleMs: number;
  readonly residentMax: number;
  /** commands that an activation remembers the answers of */
  readonly recentMax: number;
}

export const DEFAULT_OPTIONS: Omit<ActorOptions, "nodeId"> = {
  pools: {},
  leaseTtlMs: 6_000,
  renewEveryMs: 500,
  leaseMarginMs: 1_500,
  mailboxMax: 1_000,
  nodeMax: 20_000,
  turnMax: 64,
  commitLanes: 2,
  commitBatchMax: 128,
  snapshotEvery: 100,
  idleMs: 120_000,
  residentMax: 50_000,
  recentMax: 128,
};
