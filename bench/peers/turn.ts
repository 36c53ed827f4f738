import type { Message } from "../../domain/shared/decider.ts";
import { seededRandom, uuidv5 } from "../../mixins/actor/ids.ts";
import type { ActorKind } from "../../mixins/actor/kind.ts";

/** What a contestant that knows nothing of our actor layer keeps of a key. */
export interface Kept {
  readonly state: unknown;
  readonly version: number;
}

interface Taken extends Kept {
  readonly event: Message;
  readonly reply: unknown;
}

/** One command on one state, for contestants that bring their own ways to load and store both. */
export function takeTurn(
  kind: ActorKind,
  key: string,
  kept: Kept | null,
  commandId: string,
  command: Message,
): Taken {
  const { state, version } = kept ?? { state: kind.initial(key), version: 0 };
  const nowMs = Date.now();
  const { events, reply } = kind.decide(state, command, {
    actor: { type: kind.type, id: key },
    nowMs,
    commandId,
    id: (name) => uuidv5(commandId, name),
    random: () => seededRandom(commandId)(),
  });
  const [event, ...more] = events;
  if (event === undefined || more.length > 0)
    throw new Error(`expected one event of ${command.type}, found ${events.length}`);
  const next = version + 1;
  const recorded = { event, version: next, atMs: nowMs, commandId };
  return { state: kind.evolve(state, recorded), version: next, event, reply };
}
