import type { PortfolioCommand, PortfolioSummary } from "../../domain/portfolio/messages.ts";
import type { PortfolioState } from "../../domain/portfolio/state.ts";
import type { NodeContext, NodeModule } from "../context.ts";
import { liquidateEffect } from "./margin/liquidate-effect.ts";
import { attributionService } from "./attribution.service.ts";
import { liquidityService } from "./liquidity.service.ts";
import { marginService } from "./margin/margin.service.ts";
import { constructionService } from "./construction.service.ts";
import { covarianceService } from "./covariance.service.ts";
import { fxBoardOf } from "./fx-board.ts";
import { fxService } from "./fx.service.ts";
import { factorsService } from "./factors.service.ts";
import { metricsService } from "./metrics.service.ts";
import { performanceService } from "./performance.service.ts";
import { alertsService } from "./alerts.service.ts";
import { killSwitchService } from "./kill-switch.service.ts";
import { limitsService } from "./limits.service.ts";
import { haltEffects } from "./live/halt-effects.ts";
import { liveRiskOf } from "./live/live-risk.ts";
import { portfolioKind } from "./portfolio-kind.ts";
import { portfoliosService } from "./portfolios.service.ts";
import { portfolioRiskService } from "./portfolio-risk.service.ts";
import { riskService } from "./risk.service.ts";
import { simulationsService } from "./simulations.service.ts";
import { scenariosService } from "./scenarios.service.ts";
import { sizingService } from "./sizing.service.ts";
import { stressService } from "./stress.service.ts";

/** What turns read of the market: prices and rates as this node has heard of them. */
function surroundingsOf(node: NodeContext) {
  const [live, rates] = [liveRiskOf(node), fxBoardOf(node)];
  return {
    attend: (state: PortfolioState, command: PortfolioCommand, nowMs: number) =>
      rates.attend(state, live.attend(state, command, nowMs)),
    saw: (summary: PortfolioSummary, version: number) => live.saw(summary, version),
  };
}

/** Portfolios: cash, positions, holds, and the check before every order. */
export const risk: NodeModule = {
  kinds: (node) => [
    portfolioKind(
      { liquidateForMargin: liquidateEffect(node), ...haltEffects(node) },
      surroundingsOf(node),
    ),
  ],
  services: (node) => [
    portfoliosService(node),
    metricsService(node),
    performanceService(node),
    marginService(node),
    fxService(node, fxBoardOf(node)),
    sizingService(node),
    stressService(node),
    scenariosService(node),
    simulationsService(node),
    covarianceService(node),
    constructionService(node),
    factorsService(node),
    riskService(node),
    portfolioRiskService(node),
    attributionService(node),
    liquidityService(node),
    limitsService(node),
    killSwitchService(node),
    alertsService(node),
  ],
};
