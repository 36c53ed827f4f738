import type { NodeModule } from "../context.ts";
import { signalsService } from "./signals.service.ts";

/** Signals: from features to what a portfolio acts upon. */
export const ai: NodeModule = {
  kinds: () => [],
  services: (node) => [signalsService(node)],
};
