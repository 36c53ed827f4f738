import type { ActorRef } from "../../../domain/shared/decider.ts";
import { StoreUnavailable, UnknownOutcome } from "../../../domain/shared/errors.ts";
import type {
  ActivationRequest,
  ActivationResult,
  AppendResult,
  Journal,
  Snapshot,
  StoredCommand,
  StoredEvent,
  Turn,
} from "../../../domain/shared/journal.ts";
import { streamId } from "../../../models/journal/stream-id.ts";
import { OnRecord, appendTurns } from "./append.ts";
import type { Server } from "./append.ts";
import type { Connections } from "./connection.ts";
import type { EventRow } from "./tables.ts";

interface Claim {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
  readonly schemaVersion: number;
}

/** The journal as a process has it: the statements of models/journal, one after another over its connections. */
export function simulatedJournal(server: Server, connections: Connections): Journal {
  const read = <T>(name: string, execute: () => T): Promise<T> =>
    connections.run({ name, isWrite: false, execute });
  return {
    activate: async (requests) => {
      const newest = newestPerStream(requests);
      const claims = await connections.run({
        name: "claim",
        isWrite: false,
        execute: () => claimStreams(server, newest),
      });
      const past = await read("load", () => claims.map((claim) => loadPast(server, claim)));
      const loaded = new Map(claims.map(({ id }, i) => [id, past[i]]));
      return requests.map((request): ActivationResult => {
        const id = streamId(request.ref);
        const isNewest = newest.get(id)?.epoch === request.epoch;
        return (isNewest ? loaded.get(id) : undefined) ?? { status: "fenced" };
      });
    },
    append: (turns) => append(server, connections, turns),
    findCommands: (ref, ids) => read("find-commands", () => findCommands(server, ref, ids)),
    history: (ref, untilMs = Number.MAX_SAFE_INTEGER, afterVersion = 0) =>
      read("history", () =>
        eventsOf(server, streamId(ref))
          .filter(({ version, atMs }) => version > afterVersion && atMs <= untilMs)
          .map(toEvent),
      ),
    saveSnapshots: (snapshots) =>
      connections.run({
        name: "save-snapshots",
        isWrite: false,
        execute: () => saveSnapshots(server, snapshots),
      }),
  };
}

function newestPerStream(
  requests: readonly ActivationRequest[],
): ReadonlyMap<string, ActivationRequest> {
  const newest = new Map<string, ActivationRequest>();
  for (const request of requests) {
    const id = streamId(request.ref);
    if (request.epoch >= (newest.get(id)?.epoch ?? 0)) newest.set(id, request);
  }
  return newest;
}

/** What act.claim does: the epoch of the shard is seen as the statement begins, the rows when nobody else holds them. */
function claimStreams(
  { database, members, observer }: Server,
  requests: ReadonlyMap<string, ActivationRequest>,
): Promise<readonly Claim[]> {
  const isUnchecked = database.mutation === "epoch check";
  return database.transact(async (tx) => {
    const valid = [...requests]
      .filter(([, { shard, epoch }]) => isUnchecked || members.epochOf(shard) === epoch)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const claims: Claim[] = [];
    const writes: (() => void)[] = [];
    for (const [id, { shard, epoch, schemaVersion }] of valid) {
      await database.transactions.lock(tx, id);
      const row = database.tables.streams.get(id);
      if (row && row.epoch > epoch && !isUnchecked) continue;
      claims.push({ id, version: row?.version ?? 0, hash: row?.hash ?? "", schemaVersion });
      writes.push(() => {
        observer.claimed(id, shard, epoch);
        if (row) row.epoch = epoch;
        else database.tables.streams.set(id, { shard, version: 0, epoch, hash: "" });
      });
    }
    const write = (): void => {
      for (const one of writes) one();
    };
    return { answer: claims, write };
  });
}

/** Not beyond the claimed version: a commit that was cut off may have come behind the claim. */
function loadPast(server: Server, { id, version, hash, schemaVersion }: Claim): ActivationResult {
  const kept = server.database.tables.snapshots.get(id);
  const isUsable = kept?.schemaVersion === schemaVersion && kept.version <= version;
  const snapshot =
    kept && isUsable
      ? { version: kept.version, atMs: kept.atMs, state: JSON.parse(kept.state) }
      : null;
  const events = eventsOf(server, id)
    .filter((event) => event.version > (snapshot?.version ?? 0) && event.version <= version)
    .map(toEvent);
  return { status: "ok", version, hash, snapshot, events };
}

/** One transaction for the lot; what is refused is sent again in halves, down to the turn that is to blame. */
async function append(
  server: Server,
  connections: Connections,
  turns: readonly Turn[],
): Promise<readonly AppendResult[]> {
  try {
    const outcomes = await connections.run({
      name: "append",
      isWrite: true,
      execute: () => appendTurns(server, turns, connections.process.name),
    });
    return turns.map((turn) => ({ status: outcomes.get(turn) ?? "conflict" }));
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof UnknownOutcome) throw error;
    if (turns.length > 1) return appendHalves(server, connections, turns);
    return turns.map((turn) => verdictOn(turn, error));
  }
}

/** Why a turn that was sent alone was not written. */
function verdictOn({ joined }: Turn, error: unknown): AppendResult {
  if (joined.length > 0) return { status: "apart" };
  return error instanceof OnRecord ? { status: "duplicate" } : { status: "refused", error };
}

async function appendHalves(
  server: Server,
  connections: Connections,
  turns: readonly Turn[],
): Promise<readonly AppendResult[]> {
  const middle = turns.length >> 1;
  const first = await append(server, connections, turns.slice(0, middle));
  try {
    return [...first, ...(await append(server, connections, turns.slice(middle)))];
  } catch (error) {
    throw new UnknownOutcome("the store was lost in the middle of a batch", { cause: error });
  }
}

function findCommands(
  { database }: Server,
  ref: ActorRef,
  ids: readonly string[],
): readonly StoredCommand[] {
  if (database.mutation === "command dedupe") return [];
  const known = database.tables.commands.get(streamId(ref));
  return ids.flatMap((id) => known?.get(id) ?? []);
}

function saveSnapshots({ database }: Server, snapshots: readonly Snapshot[]): void {
  for (const { ref, version, schemaVersion, atMs, state } of snapshots) {
    const id = streamId(ref);
    const before = database.tables.snapshots.get(id);
    if (before && (before.schemaVersion > schemaVersion || before.version >= version)) continue;
    const row = { version, schemaVersion, atMs, state: JSON.stringify(state) };
    database.tables.snapshots.set(id, row);
  }
}

function eventsOf({ database }: Server, id: string): readonly EventRow[] {
  return database.tables.events.get(id) ?? [];
}

export function toEvent({ version, type, data, atMs, commandId, hash }: EventRow): StoredEvent {
  return { version, type, event: JSON.parse(data), atMs, commandId, hash };
}
