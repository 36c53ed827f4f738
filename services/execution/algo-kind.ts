import type {
  ObservePayload,
  MarketSeen,
  ParentCommand,
  ParentSummary,
} from "../../domain/execution/parent/messages.ts";
import { parent as decider } from "../../domain/execution/parent/parent.ts";
import type { ParentState } from "../../domain/execution/parent/state.ts";
import { CHILDREN_SHOWN, summarize } from "../../domain/execution/parent/summary.ts";
import type { BrokerAbilities } from "../../domain/order/abilities.ts";
import { isClosed } from "../../domain/order/order-status.ts";
import { dec, text, ZERO } from "../../domain/shared/decimal.ts";
import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { MarketView } from "../../domain/portfolio/messages.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { type ActorKind, defineActor, type EffectHandler } from "../../mixins/actor/kind.ts";
import type { NodeContext } from "../context.ts";
import { displayedBy, readBars, touchOf } from "./market-facts.ts";
import type { Call } from "./market-of.ts";
import { NOTHING_SHOWN, shownAs } from "./shown-as.ts";
import { cancelChildEffect, placeChildEffect } from "./place-child.ts";

/** Raise it when the shape of a parent's state changes. */
const SCHEMA_VERSION = 1;

/** The parent order of a strategy: `domain/execution/parent`. */
export function algoKind(node: NodeContext): ActorKind {
  return defineActor({
    type: "algo",
    schemaVersion: SCHEMA_VERSION,
    decider,
    summarize: (_, state) => toJson(summarize(state)),
    project: (_, state) => project(state),
    urgent: new Set(["ChildReported", "RequestCancel", "Pause"] as const),
    effects: {
      placeChild: placeChildEffect(node),
      cancelChild: cancelChildEffect(node, isChildClosed),
      observe: observeEffect(node),
    },
  });
}

function toJson(summary: ParentSummary | null): Json {
  // sound: a summary is made of strings, numbers, nulls and lists of such
  return summary as unknown as Json;
}

/** It shows the newest children: an order may have thousands, and is projected with each of their reports. */
function project(state: ParentState): Projection {
  const summary = summarize(state, CHILDREN_SHOWN);
  if (summary === null) return NOTHING_SHOWN;
  return shownAs(toJson(summary), { ...summary, status: summary.ordStatus });
}

function isChildClosed(parent: Json, orderId: string): boolean {
  // sound: the summary of a parent
  const found = parent as unknown as ParentSummary | null;
  const child = found?.strategy.children.find((one) => one.orderId === orderId);
  return child !== undefined && isClosed(child.ordStatus);
}

/** Looks at the market for a slice and tells the parent; what cannot be seen is null, and the parent sends nothing on it. */
function observeEffect(node: NodeContext): EffectHandler {
  return async ({ payload }, { effectId, ref }) => {
    // sound: the parent's decider made it
    const asked = payload as unknown as ObservePayload;
    const call: Call = (action, params) => node.broker.call(action, params);
    const command: ParentCommand = {
      type: "Act",
      index: asked.index,
      market: await observe(call, asked, node.clock.now()),
    };
    // A second run may see another market; the first that arrives counts.
    const options = { commandId: uuidv5(effectId, "act"), bodyHash: bodyHash(asked) };
    await node.actors.call(ref, command, options);
  };
}

async function observe(call: Call, asked: ObservePayload, nowMs: number): Promise<MarketSeen> {
  const { symbol, sinceMs, wantsVolume, display, restAt } = asked;
  const { quote, isStale } = await call<Pick<MarketView, "quote" | "isStale">>(
    "symbols.marketView",
    { symbol },
  );
  return {
    quote: quote === null || isStale ? null : touchOf(quote),
    volume: wantsVolume ? await volumeSince(call, symbol, sinceMs, nowMs) : null,
    venues: display === null ? null : await displayedBy(call, { symbol, ...display }),
    ...(restAt !== undefined &&
      display !== null &&
      (await observeOwnSide(call, symbol, display, restAt))),
  };
}

/** Whether a venue takes post-only that nobody can tell is not assumed: such an order rests without. */
async function observeOwnSide(
  call: Call,
  symbol: string,
  display: NonNullable<ObservePayload["display"]>,
  restAt: readonly string[],
): Promise<Pick<MarketSeen, "ownSide" | "postOnlyAt">> {
  const side = display.side === "buy" ? "sell" : "buy";
  const ownSide = await displayedBy(call, { symbol, ...display, side });
  const { accountId } = display;
  const postOnlyAt: string[] = [];
  for (const venue of restAt) {
    const address = { venue, ...(accountId !== undefined && { accountId }) };
    const abilities = await call<BrokerAbilities | null>("brokers.abilities", address);
    if (abilities?.postOnly === true) postOnlyAt.push(venue);
  }
  return { ownSide, postOnlyAt };
}

/** Of the minutes that have closed; null when none has. */
async function volumeSince(
  call: Call,
  symbol: string,
  sinceMs: number,
  nowMs: number,
): Promise<string | null> {
  const bars = await readBars(call, symbol, "1m", sinceMs, nowMs);
  if (bars.length === 0) return null;
  return text(bars.reduce((sum, { volume }) => sum.plus(dec(volume)), ZERO));
}
