import type { ActorRef } from "../../domain/shared/decider.ts";
import type { Turn } from "../../domain/shared/journal.ts";
import { firstDifference } from "../../domain/shared/same-content.ts";
import { streamId } from "../../models/journal/stream-id.ts";
import type { WireError } from "./call.ts";
import type { Acknowledgement, Ear, Request } from "./clients.ts";
import type { Observer } from "./store/append.ts";
import { imbalance } from "./store/books.ts";
import type { Tables } from "./store/tables.ts";
import type { Trace } from "./trace.ts";

/** Holds what the store takes and what clients hear against the invariants, as it happens. */
export class Watcher implements Observer, Ear {
  /** every answer that a client got, by stream and command id */
  readonly answers = new Map<
    string,
    { readonly request: Request; readonly answer: Acknowledgement }
  >();
  readonly #trace: Trace;
  readonly #tables: () => Tables;
  /** by stream: the newest epoch that claimed or wrote it */
  readonly #epochs = new Map<string, number>();
  /** who was given which shard under which epoch */
  readonly #owners = new Map<number, string>();

  constructor(trace: Trace, tables: () => Tables) {
    this.#trace = trace;
    this.#tables = tables;
  }

  claimed(stream: string, shard: number, epoch: number): void {
    this.#noStale(stream, shard, epoch, "claim");
  }

  committed(turn: Turn, by: string): void {
    const { shard, epoch, expectedVersion, projection } = turn;
    const id = streamId(turn.ref);
    this.#trace.step(`commit ${id} ${expectedVersion}+${turn.events.length} epoch ${epoch}`);
    this.#noStale(id, shard, epoch, "commit");
    const owner = this.#owners.get(termOf(shard, epoch));
    this.#trace.check(
      "one owner per epoch",
      owner === by,
      () => `${by} wrote ${id}, which ${owner} owns`,
    );
    const broken = imbalance(projection.ledger);
    this.#trace.check("ledger balances", broken === null, () => `${id}: ${broken}`);
  }

  acquired(shard: number, epoch: number, by: string): void {
    const term = termOf(shard, epoch);
    const before = this.#owners.get(term);
    const text = (): string => `shard ${shard} in epoch ${epoch}: ${before} and ${by}`;
    this.#trace.check("one owner per epoch", before === undefined, text);
    this.#owners.set(term, by);
  }

  acknowledged(request: Request, answer: Acknowledgement): void {
    const { ref, commandId, isRecorded } = request;
    const id = streamId(ref);
    this.#trace.step(`answer ${id} ${commandId} ${answer.version}`);
    this.read(ref, answer.version);
    if (!isRecorded) return;
    this.checkRecord(request, answer);
    this.answers.set(`${id}|${commandId}`, { request, answer });
  }

  /** What was answered is on record, with that answer. */
  checkRecord({ ref, command, commandId }: Request, answer: Acknowledgement): void {
    const record = this.#tables().commands.get(streamId(ref))?.get(commandId);
    const isSame =
      record?.version === answer.version && firstDifference(record.reply, answer.reply) === null;
    const found = record ? `${record.version} ${JSON.stringify(record.reply)}` : "nothing";
    const text = (): string =>
      `${command.type} ${commandId} of ${streamId(ref)} was answered with ${answer.version} ${JSON.stringify(answer.reply)}, on record is ${found}`;
    this.#trace.check("acknowledged is stored", isSame, text);
  }

  read(ref: ActorRef, version: number): void {
    const stored = this.#tables().streams.get(streamId(ref))?.version ?? 0;
    const text = (): string => `${streamId(ref)} was seen at ${version}, stored are ${stored}`;
    this.#trace.check("acknowledged is stored", version <= stored, text);
  }

  broken({ ref, command, commandId }: Request, error: WireError): void {
    const text = (): string =>
      `${command.type} ${commandId} of ${streamId(ref)}: ${error.code} ${error.message}`;
    this.#trace.check("nothing breaks", false, text);
  }

  #noStale(stream: string, shard: number, epoch: number, what: string): void {
    const newest = this.#epochs.get(stream) ?? 0;
    const text = (): string =>
      `${what} of ${stream} under epoch ${epoch} of shard ${shard} after ${newest}`;
    this.#trace.check("no stale epoch commits", epoch >= newest, text);
    this.#epochs.set(stream, Math.max(epoch, newest));
  }
}

/** One number for both, because there are a thousand shards to note at every change of owner. */
function termOf(shard: number, epoch: number): number {
  return epoch * 4_096 + shard;
}
