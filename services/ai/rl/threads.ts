import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import type { examineLesson, learnLesson, readLesson } from "./rl.worker.ts";

const MODULE = new URL("./rl.worker.ts", import.meta.url);

type TaskOf<F extends (input: never, ...rest: never) => unknown> = ComputeTask<
  Parameters<F>[0],
  ReturnType<F>
>;

export const LEARN: TaskOf<typeof learnLesson> = { module: MODULE, name: "learnLesson" };
export const READ: TaskOf<typeof readLesson> = { module: MODULE, name: "readLesson" };
export const EXAMINE: TaskOf<typeof examineLesson> = { module: MODULE, name: "examineLesson" };
