import type { OutboxEvent } from "../../domain/shared/journal.ts";
import type { EventBus } from "../../mixins/actor/ports.ts";
import { streamId } from "../../models/journal/stream-id.ts";
import { remoteCall } from "./call.ts";
import type { Process } from "./machine.ts";
import type { World } from "./world.ts";

const BUS = "bus";
const TIMEOUT_MS = 1_000;

/** What consumers of events see: each stream's events in its order, some of them again. */
export class Bus {
  /** the last version seen of each stream */
  readonly heads = new Map<string, number>();
  readonly #world: World;
  isUp = true;

  constructor(world: World) {
    this.#world = world;
  }

  portOf(process: Process): EventBus {
    return {
      publish: async (events) => {
        if (!this.isUp) throw new Error("the bus is down");
        const callee = { place: BUS, timeoutMs: TIMEOUT_MS };
        await remoteCall(this.#world.network, process, callee, events, (received, answer) => {
          if (!this.isUp) return;
          // sound: JSON of the events above
          for (const event of received as readonly OutboxEvent[]) this.#take(event);
          answer(null);
        });
      },
    };
  }

  #take({ ref, version, hash }: OutboxEvent): void {
    const { trace, server } = this.#world;
    const id = streamId(ref);
    const head = this.heads.get(id) ?? 0;
    const row = server.database.tables.events.get(id)?.[version - 1];
    const isNext = version <= head + 1;
    const isStored = row?.hash === hash;
    trace.step(`bus ${id} ${version}`);
    trace.check(
      "relay order is stream order",
      isNext && isStored,
      () => `${id} ${version} came after ${head}${isStored ? "" : " and is not what is stored"}`,
    );
    this.heads.set(id, Math.max(head, version));
  }
}
