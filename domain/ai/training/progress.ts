import { FitCancelled, type FitRun } from "../learning/algorithm.ts";

/** Progress of parts that follow each other, told as one that never falls. */
export class Progress {
  readonly #run: FitRun;
  #done = 0;
  #told = 0;

  constructor(run: FitRun) {
    this.#run = run;
  }

  /** The next part of the whole. @param share 0 to 1; those of all parts add up to 1 */
  part(share: number): FitRun {
    this.check();
    const from = this.#done;
    this.#done += share;
    const tell = (progress: number): void => this.#tell(from + share * progress);
    tell(0);
    const run = this.#run;
    return {
      report: tell,
      get isCancelled() {
        return run.isCancelled;
      },
    };
  }

  /** @throws FitCancelled when nobody wants the result any more */
  check(): void {
    if (this.#run.isCancelled) throw new FitCancelled("the training was cancelled");
  }

  #tell(progress: number): void {
    const bounded = Math.min(1, progress);
    if (!(bounded >= this.#told)) return;
    this.#told = bounded;
    this.#run.report(bounded);
  }
}
