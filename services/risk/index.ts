import type { NodeModule } from "../context.ts";
import { portfolioKind } from "./portfolio-kind.ts";
import { portfoliosService } from "./portfolios.service.ts";

/** Portfolios: cash, positions, holds, and the check before every order. */
export const risk: NodeModule = {
  kinds: () => [portfolioKind()],
  services: (node) => [portfoliosService(node)],
};
