import type { StoredCommand } from "../../domain/shared/journal.ts";

/** The answers that an activation remembers, newest last, so that a repeated command need not ask the store. */
export class RecentCommands {
  readonly #max: number;
  readonly #byId = new Map<string, StoredCommand>();

  constructor(max: number) {
    this.#max = max;
  }

  find(commandId: string): StoredCommand | undefined {
    return this.#byId.get(commandId);
  }

  add(command: StoredCommand): void {
    this.#byId.delete(command.commandId);
    this.#byId.set(command.commandId, command);
    if (this.#byId.size <= this.#max) return;
    const oldest = this.#byId.keys().next();
    if (!oldest.done) this.#byId.delete(oldest.value);
  }
}
