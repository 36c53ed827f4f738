import type { StoredCommand } from "../../domain/shared/journal.ts";

/** The answers that an activation remembers, newest last, so that a repeated command need not ask the store. */
export class RecentCommands {
  readonly #max: number;
  readonly #byId = new Map<string, StoredCommand>();
  #isComplete: boolean;

  /** @param isComplete whether nothing else can be on record: true for a stream that has just begun */
  constructor(max: number, isComplete: boolean) {
    this.#max = max;
    this.#isComplete = isComplete;
  }

  /** Whether a command that is not remembered cannot be on record either. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  find(commandId: string): StoredCommand | undefined {
    return this.#byId.get(commandId);
  }

  add(command: StoredCommand): void {
    this.#byId.set(command.commandId, command);
    if (this.#byId.size <= this.#max) return;
    const oldest = this.#byId.keys().next();
    if (!oldest.done) this.#byId.delete(oldest.value);
    this.#isComplete = false;
  }
}
