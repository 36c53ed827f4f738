import type { Mutation } from "./store/database.ts";
import type { StorePorts } from "./store/stores.ts";

/** All but one are taken out of the store itself; the gate opens when a write is said to be durable before it is. */
export function spoilerOf(mutation: Mutation | null): (ports: StorePorts) => StorePorts {
  if (mutation !== "output gate") return (ports) => ports;
  return (ports) => ({
    ...ports,
    journal: {
      ...ports.journal,
      append: async (turns) => {
        ports.journal.append(turns).catch(() => undefined);
        return turns.map(() => ({ status: "ok" }));
      },
    },
  });
}
