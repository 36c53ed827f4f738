import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import type { ActorRef } from "../domain/shared/decider.ts";
import { Refusal } from "../domain/shared/errors.ts";
import type { RefusalTerms } from "../domain/shared/errors.ts";
import type { Answer, Envelope } from "../mixins/actor/envelope.ts";
import { ActorError } from "../mixins/actor/errors.ts";
import type { ActorErrorCode } from "../mixins/actor/errors.ts";
import type { Transport } from "../mixins/actor/router.ts";
import type { NodeContext } from "./context.ts";

/** Longer than the deadline that travels with the call, so that the other node's word is heard, if there is one. */
const GRACE_MS = 200;

/** An envelope between nodes: their clocks differ, so it tells how long its sender waits instead of until when. */
interface Delivery {
  readonly envelope: Envelope;
  readonly patienceMs: number;
}

/** Errors as plain JSON: their classes do not survive the way from node to node. */
type Outcome =
  | { readonly answer: Answer }
  | { readonly refusal: RefusalTerms }
  | { readonly failure: { readonly code: ActorErrorCode; readonly message: string } };

/** The door through which other nodes reach the actors of this one. Every call names this node: nothing is balanced. */
export function actorsService(node: NodeContext): ServiceSchema {
  return {
    name: "actors",
    actions: {
      deliver: {
        visibility: "public",
        handler: ({ params }: Context<Delivery>): Promise<Outcome> => deliver(node, params),
      },
      settle: {
        visibility: "public",
        handler: async ({
          params,
        }: Context<{
          readonly refs: readonly ActorRef[];
          readonly patienceMs: number;
        }>): Promise<null> => {
          await node.actorSystem.settledHere(params.patienceMs, params.refs);
          return null;
        },
      },
    },
  };
}

async function deliver(node: NodeContext, { envelope, patienceMs }: Delivery): Promise<Outcome> {
  const deadlineMs = node.clock.now() + patienceMs;
  try {
    return { answer: await node.actorSystem.host.deliver({ ...envelope, deadlineMs }) };
  } catch (error) {
    if (error instanceof Refusal) {
      const { kind, code, message, data } = error;
      return { refusal: { kind, code, message, data } };
    }
    if (error instanceof ActorError)
      return { failure: { code: error.code, message: error.message } };
    throw error;
  }
}

/** Carries envelopes between nodes as Moleculer calls that name their node. */
export function brokerTransport(broker: ServiceBroker, now: () => number): Transport {
  return {
    send: async (nodeId, envelope) => {
      const patienceMs = Math.max(0, envelope.deadlineMs - now());
      const delivery: Delivery = { envelope, patienceMs };
      const outcome = await call<Outcome>(
        broker,
        "actors.deliver",
        nodeId,
        delivery,
        patienceMs + GRACE_MS,
      );
      if ("answer" in outcome) return outcome.answer;
      if ("failure" in outcome) throw new ActorError(outcome.failure.code, outcome.failure.message);
      throw Refusal.revive(outcome.refusal);
    },
    settle: async (nodeId, refs, patienceMs) => {
      const params = { refs, patienceMs };
      await call<null>(broker, "actors.settle", nodeId, params, patienceMs + GRACE_MS);
    },
  };
}

async function call<T>(
  broker: ServiceBroker,
  action: string,
  nodeId: string,
  params: object,
  timeout: number,
): Promise<T> {
  try {
    return await broker.call<T, object>(action, params, { nodeID: nodeId, timeout });
  } catch (error) {
    throw asActorError(nodeId, error);
  }
}

/** Nothing was sent where no way is known; of all else nobody knows what became. */
function asActorError(nodeId: string, error: unknown): ActorError {
  const type = error instanceof Error ? error.name : "";
  const isUnsent = type === "ServiceNotFoundError" || type === "ServiceNotAvailableError";
  return new ActorError(
    isUnsent ? "OWNER_UNREACHABLE" : "OUTCOME_UNKNOWN",
    isUnsent ? `no way leads to ${nodeId}` : `no answer came from ${nodeId}`,
    { cause: error },
  );
}
