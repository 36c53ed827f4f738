import type {
  PortfolioCommand,
  PortfolioEvent,
  PortfolioReply,
  PortfolioSummary,
} from "../../domain/portfolio/messages.ts";
import { portfolio } from "../../domain/portfolio/portfolio.ts";
import { tradeChangesOf } from "../../domain/portfolio/trade-changes.ts";
import { summarize } from "../../domain/portfolio/state.ts";
import type { PortfolioState } from "../../domain/portfolio/state.ts";
import type { Recorded } from "../../domain/shared/decider.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import { defineActor } from "../../mixins/actor/kind.ts";
import type { ActorKind, EffectHandler } from "../../mixins/actor/kind.ts";

/** Raise it when the shape of a portfolio's state changes. */
const SCHEMA_VERSION = 6;

/** What turns read of the market, and who is told what they have decided. */
interface Surroundings {
  attend(state: PortfolioState, command: PortfolioCommand, nowMs: number): PortfolioCommand;
  /** @param version of the portfolio once this is on record */
  saw(summary: PortfolioSummary, version: number): void;
}

/**
 * @param effects      other than messages to other actors
 * @param surroundings absent: nothing is known of the market but what commands say
 */
export function portfolioKind(
  effects: Readonly<Record<string, EffectHandler>> = {},
  surroundings?: Surroundings,
): ActorKind {
  return defineActor<PortfolioState, PortfolioCommand, PortfolioEvent, PortfolioReply>({
    type: "portfolio",
    schemaVersion: SCHEMA_VERSION,
    decider: portfolio,
    summarize: (_id, state) => toJson(summarize(state)),
    project: (_ref, state, recorded) => project(state, recorded, surroundings),
    urgent: new Set(["ApplyFill", "ReleaseHold", "SetSwitch"] as const),
    effects,
    ...(surroundings && {
      attend: (state, command, nowMs) => surroundings.attend(state, command, nowMs),
    }),
  });
}

function toJson(summary: PortfolioSummary | null): Json {
  // sound: a summary is made of strings, numbers, arrays and objects of them
  return summary as unknown as Json;
}

/** Ledger and trades come with the events that they belong to: they are written in the same transaction. */
function project(
  state: PortfolioState,
  recorded: readonly Recorded<PortfolioEvent>[],
  surroundings: Surroundings | undefined,
): Projection {
  const summary = summarize(state);
  if (summary === null) return { view: null, ledger: [], trades: [] };
  const last = recorded.at(-1);
  if (last !== undefined) surroundings?.saw(summary, last.version);
  const events = recorded.map(({ event }) => event);
  return {
    view: {
      tenantId: summary.tenantId,
      ownerId: summary.ownerId,
      portfolioId: summary.portfolioId,
      symbol: null,
      status: summary.status,
      createdAtMs: summary.createdAtMs,
      doc: toJson(summary),
    },
    ledger: events.flatMap((event) => ("ledger" in event ? event.ledger : [])),
    trades: events.flatMap((event) => (event.type === "FillApplied" ? [event.trade] : [])),
    tradeChanges: tradeChangesOf(state, recorded),
  };
}
