/** What must not outlive the run, undone in the reverse order of its making: at the end, at an error and at a signal. */
export class Cleanup {
  readonly #work: (() => Promise<void> | void)[] = [];
  #running: Promise<void> | null = null;

  add(undo: () => Promise<void> | void): void {
    this.#work.push(undo);
  }

  run(): Promise<void> {
    this.#running ??= this.#undo();
    return this.#running;
  }

  /** Ends the process at SIGINT and SIGTERM, once everything is undone. */
  atSignals(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        console.error(`\n${signal}: cleaning up`);
        void this.run().finally(() => process.exit(130));
      });
    }
  }

  async #undo(): Promise<void> {
    for (let undo = this.#work.pop(); undo !== undefined; undo = this.#work.pop()) {
      try {
        await undo();
      } catch (error) {
        console.error("a clean-up failed:", error);
      }
    }
  }
}
