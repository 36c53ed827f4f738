import { invariant } from "../../domain/shared/errors.ts";
import type { ActivationResult } from "../../domain/shared/journal.ts";
import type { Position } from "./draft.ts";
import type { ActorKind } from "./kind.ts";

/**
 * Where a stream stands: its snapshot, and every event after it up to the version that was claimed.
 * @throws when an event is missing or cannot be applied
 */
export function replay(
  kind: ActorKind,
  id: string,
  past: ActivationResult & { readonly status: "ok" },
): Position {
  const { snapshot, events, version, hash } = past;
  let state: unknown = snapshot?.state ?? kind.initial(id);
  let at = snapshot?.version ?? 0;
  for (const event of events) {
    invariant(event.version === at + 1, `expected event ${at + 1}, found ${event.version}`);
    state = kind.evolve(state, event);
    at = event.version;
  }
  invariant(at === version, `expected events up to ${version}, found ${at}`);
  return { state, version, hash, atMs: events.at(-1)?.atMs ?? snapshot?.atMs ?? 0 };
}
