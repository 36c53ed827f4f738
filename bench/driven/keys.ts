import { uuidv5 } from "../../mixins/actor/ids.ts";
import { WORKLOADS } from "./workloads.ts";
import type { WorkloadName } from "./workloads.ts";

/** The keys of a cell and how many commands each has had before: a cell goes on where the last one ended. */
export interface Keys {
  readonly workload: WorkloadName;
  readonly names: readonly string[];
  /** by key */
  readonly sent: readonly number[];
}

const NAMESPACE = "5a0c1f0e-7f52-4c39-9f2e-6f3a4f0f9d55";

export function newKeys(workload: WorkloadName, names: readonly string[]): Keys {
  return { workload, names, sent: names.map(() => 0) };
}

/** One caller a key, so that a caller's next command and its id follow from how many there were. */
export function nthCommand({ workload, names }: Keys, caller: number, n: number) {
  const key = names[caller] ?? "";
  const commandId = uuidv5(NAMESPACE, `${workload}:${key}:${n}`);
  return { key, commandId, command: WORKLOADS[workload].command(key, commandId, n) };
}

/** The path that both our little server and Restate's ingress understand. */
export function commandPath(workload: WorkloadName, key: string): string {
  return `/${workload}/${key}/run`;
}
