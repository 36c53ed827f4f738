import * as alternativeData from "./alternative-data.ts";
import * as auth from "./auth.ts";
import * as bars from "./bars.ts";
import * as baskets from "./baskets.ts";
import * as brokers from "./brokers.ts";
import * as collectionSchedules from "./collection-schedules.ts";
import * as corporateActions from "./corporate-actions.ts";
import * as dataSources from "./data-sources.ts";
import { describeDataset } from "./datasets.ts";
import * as execution from "./execution.ts";
import * as featureSets from "./feature-sets.ts";
import * as featureStatistics from "./feature-statistics.ts";
import * as features from "./features.ts";
import * as jobs from "./jobs.ts";
import * as margin from "./margin.ts";
import * as marketData from "./market-data.ts";
import * as marketStore from "./market-store.ts";
import { importModel } from "./model-import.ts";
import * as modelInsight from "./model-insight.ts";
import * as modelRegistry from "./model-registry.ts";
import * as modelTraining from "./model-training.ts";
import * as models from "./models.ts";
import * as operations from "./operations.ts";
import * as orders from "./orders.ts";
import * as performance from "./performance.ts";
import * as portfolios from "./portfolios.ts";
import * as predictions from "./predictions.ts";
import * as quality from "./quality.ts";
import * as riskConstruction from "./risk-construction.ts";
import * as riskCovariance from "./risk-covariance.ts";
import * as riskAttribution from "./risk-attribution.ts";
import * as riskPortfolio from "./risk-portfolio.ts";
import * as riskFactors from "./risk-factors.ts";
import * as riskAlerts from "./risk-alerts.ts";
import * as riskKillSwitch from "./risk-kill-switch.ts";
import * as riskLimits from "./risk-limits.ts";
import * as riskMetrics from "./risk-metrics.ts";
import * as riskSimulation from "./risk-simulation.ts";
import * as riskRebalance from "./risk-rebalance.ts";
import * as riskLiquidity from "./risk-liquidity.ts";
import * as riskMeasures from "./risk-measures.ts";
import * as riskSizing from "./risk-sizing.ts";
import * as riskVar from "./risk-var.ts";
import * as riskStress from "./risk-stress.ts";
import * as rl from "./rl.ts";
import * as signals from "./signals.ts";
import * as strategies from "./strategies.ts";
import * as streaming from "./streaming.ts";
import * as symbols from "./symbols.ts";
import * as system from "./system.ts";
import * as trades from "./trades.ts";
import * as transactions from "./transactions.ts";

/** The whole contract, busiest first: the gateway's table and the OpenAPI document are made from it. */
export const ROUTES = [
  orders.createOrder,
  baskets.createBasket,
  baskets.getBasket,
  baskets.cancelBasket,
  baskets.getGroup,
  baskets.cancelGroup,
  orders.listOrders,
  orders.getOrder,
  marketData.getQuote,
  marketData.getBars,
  bars.listMarketTrades,
  bars.getBook,
  bars.getPartialBar,
  bars.getSpecialBars,
  bars.putBarWatch,
  marketStore.ingestBars,
  marketStore.exportBars,
  marketStore.getStorageUse,
  marketStore.getRetention,
  marketStore.putRetention,
  marketStore.applyRetention,
  features.getFeatures,
  orders.amendOrder,
  orders.cancelOrder,
  orders.cancelAllOrders,
  orders.getOrderEvents,
  trades.listTrades,
  trades.getTrade,
  trades.getConfirmation,
  trades.allocateTrade,
  trades.settleTrade,
  execution.listStrategies,
  execution.previewStrategy,
  execution.getStrategyProgress,
  execution.pauseStrategy,
  execution.resumeStrategy,
  execution.cancelStrategy,
  execution.listTransactionCosts,
  execution.getTransactionCosts,
  portfolios.listPortfolios,
  portfolios.createPortfolio,
  portfolios.getPortfolio,
  portfolios.updatePortfolio,
  portfolios.closePortfolio,
  portfolios.getPositions,
  margin.getMargin,
  portfolios.getLedger,
  portfolios.getHistory,
  performance.getPerformance,
  performance.getReport,
  performance.attributePortfolio,
  transactions.createTransaction,
  riskCovariance.estimateCovariance,
  riskCovariance.compareCorrelations,
  riskConstruction.optimisePortfolio,
  riskRebalance.proposeRebalance,
  riskRebalance.orderRebalance,
  riskVar.valueAtRisk,
  riskMeasures.backtestVar,
  riskMeasures.modelVolatility,
  riskMeasures.fitTail,
  riskPortfolio.getPortfolioRisk,
  riskFactors.explainByFactors,
  riskAttribution.attributeReturn,
  riskLiquidity.measureLiquidity,
  riskMetrics.measureReturns,
  riskSimulation.simulateBook,
  riskStress.stressTest,
  riskStress.listScenarios,
  riskStress.createScenario,
  riskStress.deleteScenario,
  riskLimits.getLimits,
  riskLimits.putLimits,
  riskLimits.getTenantLimits,
  riskLimits.putTenantLimits,
  riskLimits.listBreaches,
  riskLimits.listTenantBreaches,
  riskLimits.overrideLimit,
  riskLimits.getLive,
  riskKillSwitch.setKillSwitch,
  riskKillSwitch.listKillSwitches,
  riskKillSwitch.listKillSwitchHistory,
  riskAlerts.listAlerts,
  riskAlerts.ackAlert,
  riskSizing.sizePosition,
  riskSizing.orderSized,
  brokers.listBrokerAccounts,
  brokers.createBrokerAccount,
  brokers.getBrokerAccount,
  brokers.updateBrokerAccount,
  brokers.deleteBrokerAccount,
  brokers.testBrokerAccount,
  brokers.getBrokerPositions,
  brokers.getBrokerOrders,
  brokers.getBrokerBalances,
  brokers.reconcileBrokerAccount,
  rl.trainAgent,
  rl.listAgents,
  rl.getAgent,
  rl.deleteAgent,
  rl.actAgent,
  rl.evaluateAgent,
  signals.listSignals,
  signals.createSignals,
  strategies.listTradingStrategies,
  strategies.createTradingStrategy,
  strategies.getTradingStrategy,
  strategies.updateTradingStrategy,
  strategies.deleteTradingStrategy,
  strategies.startTradingStrategy,
  strategies.stopTradingStrategy,
  importModel,
  predictions.getPrediction,
  predictions.predictRows,
  predictions.listPredictions,
  models.listModels,
  models.createModel,
  models.listAlgorithms,
  describeDataset,
  models.getModel,
  models.updateModel,
  models.archiveModel,
  models.listVersions,
  models.getVersion,
  modelInsight.getImportance,
  modelInsight.getDrift,
  modelRegistry.promoteVersion,
  modelRegistry.rollBackModel,
  modelRegistry.putAliases,
  modelRegistry.getAliases,
  modelTraining.trainModel,
  modelTraining.retrainVersion,
  modelTraining.searchModel,
  modelTraining.putSchedule,
  modelTraining.deleteSchedule,
  symbols.listSymbols,
  symbols.getSymbol,
  symbols.putSymbol,
  corporateActions.listCorporateActions,
  corporateActions.addCorporateAction,
  corporateActions.importCorporateActions,
  corporateActions.deleteCorporateAction,
  corporateActions.getListings,
  corporateActions.putListings,
  quality.getQuality,
  quality.listRevisions,
  quality.getCalendar,
  features.getFeatureCatalogue,
  featureStatistics.getCorrelation,
  featureStatistics.getCrossSection,
  featureSets.createFormula,
  featureSets.listFormulas,
  featureSets.getFormula,
  featureSets.deleteFormula,
  featureSets.createFeatureSet,
  featureSets.listFeatureSets,
  featureSets.getFeatureSet,
  featureSets.deleteFeatureSet,
  alternativeData.listAlternativeData,
  alternativeData.joinAlternativeData,
  alternativeData.listAlternativeSources,
  alternativeData.ingestAlternativeData,
  alternativeData.pushAlternativeData,
  alternativeData.collectAlternativeData,
  alternativeData.getAliases,
  alternativeData.putAliases,
  dataSources.listDataSources,
  dataSources.putDataSource,
  dataSources.collect,
  collectionSchedules.createCollectionSchedule,
  collectionSchedules.listCollectionSchedules,
  collectionSchedules.getCollectionSchedule,
  collectionSchedules.updateCollectionSchedule,
  collectionSchedules.deleteCollectionSchedule,
  jobs.listJobs,
  jobs.getJob,
  jobs.cancelJob,
  jobs.jobEvents,
  auth.login,
  auth.refresh,
  auth.logout,
  auth.me,
  streaming.getStreamingStatus,
  operations.stream,
  operations.live,
  operations.ready,
  operations.metrics,
  operations.info,
  system.listMembers,
  system.drainMember,
  system.resumeMember,
  system.listShards,
  system.getShard,
  system.moveShard,
  system.unpinShard,
  system.findActor,
  system.listActors,
  system.getOutboxLag,
  system.listEffects,
  system.retryEffect,
  operations.openapi,
  operations.docs,
  operations.docsAsset,
] as const;

type Routes = (typeof ROUTES)[number];
type OfGateway = `api.${string}`;

/** The routes that the gateway answers itself. */
export type OwnAction = Extract<Routes["action"], OfGateway>;

/** Every action behind the REST API: what it takes after validation, and what it answers. */
export type ActionMap = {
  readonly [R in Routes as Exclude<R["action"], OfGateway>]: {
    readonly params: Params<R>;
    readonly result: Result<R>;
  };
};

type Params<R> = R extends { readonly input: { readonly output?: infer T } } ? T : never;
/** A route without a response schema gives nothing to an action's caller. */
type Result<R> = R extends { readonly response: { readonly output?: infer T } | null }
  ? unknown extends T
    ? null
    : T
  : null;
