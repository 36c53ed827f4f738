import type { Context, ServiceSchema } from "moleculer";
import { catalogue } from "../../domain/features/catalogue.ts";
import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import * as setRoutes from "../../mixins/rest/routes/feature-sets.ts";
import * as statisticsRoutes from "../../mixins/rest/routes/feature-statistics.ts";
import * as routes from "../../mixins/rest/routes/features.ts";
import type { FeatureCatalogueView } from "../../mixins/rest/routes/features.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { AlternativeStore } from "../../models/alternative-data.ts";
import { listFormulas } from "../../models/formulas.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { AlternativeFeatures } from "./alternative/feature-values.ts";
import { ALTERNATIVE_CATALOGUE } from "./features/alternative-names.ts";
import { barsBefore } from "./features/bars.ts";
import { correlationMatrix } from "./features/correlation.ts";
import { crossSection } from "./features/cross-section.ts";
import { type ChangedBars, keepAfterChange, keepAtClose } from "./features/keep.ts";
import {
  createFeatureSet,
  createFormula,
  featureSetPage,
  formulaPage,
  getFeatureSet,
  getFormula,
  removeFeatureSet,
  removeFormula,
} from "./features/named.ts";
import { patternCatalogue } from "./features/patterns.ts";
import { CUSTOM, formulaOf, resolveFeatures } from "./features/resolve.ts";
import { featureSeries } from "./features/series.ts";
import { FeatureMatrices } from "./matrix/feature-matrix.ts";
import { matrixActions } from "./matrix/actions.ts";
import { LiveFeatures } from "./live-features.ts";
import type { FeaturePair } from "./live-features.ts";
import type { Market } from "./market.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** A bar that has just closed, and the features wanted of it. */
export interface VectorRequest {
  readonly bar: Bar;
  readonly timeframe: Timeframe;
  readonly features: readonly string[];
  /** whose formulas `custom:` means; without it there are none */
  readonly tenantId?: string;
}

/** Features of stored bars over REST, and of the bar that has just closed for those who trade on it. */
export function featuresService(
  node: NodeContext,
  market: Market,
  store: AlternativeStore,
): ServiceSchema {
  const live = new LiveFeatures(node.pool, (bar) => barsBefore(node, market, bar));
  const alternative = new AlternativeFeatures(store);
  return {
    name: "features",
    actions: {
      ...ofBars(node, market, alternative),
      ...matrixActions(node, new FeatureMatrices(node, market, alternative)),
      ...ofNames(node, market),
      vector: {
        visibility: "public",
        handler: async ({ params }: Context<VectorRequest>): Promise<FeaturePair> => {
          const { bar, features, tenantId = null } = params;
          return live.at(bar, await resolveFeatures(node.pool, tenantId, features));
        },
      },
      /** Acknowledged: it answers once what is to be kept of the bar is recorded. A repeat changes nothing. */
      onBar: {
        visibility: "public",
        handler: async ({ params }: Context<{ readonly bar: Bar }>): Promise<null> =>
          keepAtClose(node, live, params.bar),
      },
      /** The same for a bar of the past that came late, or changed. */
      onRevisedBar: {
        visibility: "public",
        handler: async ({ params: { bar } }: Context<{ readonly bar: Bar }>): Promise<null> =>
          keepAfterChange(node, market, {
            symbol: bar.symbol,
            timeframe: bar.timeframe,
            fromMs: bar.startMs,
          }),
      },
      /** The same for bars of the past that were stored together. */
      onStored: {
        visibility: "public",
        handler: async ({ params }: Context<ChangedBars>): Promise<null> =>
          keepAfterChange(node, market, params),
      },
    },
  };
}

function ofBars(
  node: NodeContext,
  market: Market,
  alternative: AlternativeFeatures,
): ServiceSchema["actions"] {
  return {
    catalogue: {
      params: routes.getFeatureCatalogue.input.validator,
      handler: (ctx: Ctx<"features.catalogue">) => wholeCatalogue(node, ctx),
    },
    series: {
      ...heavyRead(2, 16),
      params: routes.getFeatures.input.validator,
      handler: (ctx: Ctx<"features.series">) => featureSeries({ node, market, alternative }, ctx),
    },
    correlation: {
      ...heavyRead(2, 16),
      params: statisticsRoutes.getCorrelation.input.validator,
      handler: (ctx: Ctx<"features.correlation">) => correlationMatrix(node, market, ctx),
    },
    crossSection: {
      ...heavyRead(2, 16),
      params: statisticsRoutes.getCrossSection.input.validator,
      handler: (ctx: Ctx<"features.crossSection">) => crossSection(node, market, ctx),
    },
  };
}

function ofNames(node: NodeContext, market: Market): ServiceSchema["actions"] {
  return {
    createFormula: {
      params: setRoutes.createFormula.input.validator,
      handler: (ctx: Ctx<"features.createFormula">) => createFormula(node, ctx),
    },
    listFormulas: {
      params: setRoutes.listFormulas.input.validator,
      handler: (ctx: Ctx<"features.listFormulas">) => formulaPage(node, ctx),
    },
    getFormula: {
      params: setRoutes.getFormula.input.validator,
      handler: (ctx: Ctx<"features.getFormula">) => getFormula(node, ctx),
    },
    removeFormula: {
      params: setRoutes.deleteFormula.input.validator,
      handler: (ctx: Ctx<"features.removeFormula">) => removeFormula(node, ctx),
    },
    createSet: {
      params: setRoutes.createFeatureSet.input.validator,
      handler: (ctx: Ctx<"features.createSet">) => createFeatureSet(node, market, ctx),
    },
    listSets: {
      params: setRoutes.listFeatureSets.input.validator,
      handler: (ctx: Ctx<"features.listSets">) => featureSetPage(node, ctx),
    },
    getSet: {
      params: setRoutes.getFeatureSet.input.validator,
      handler: (ctx: Ctx<"features.getSet">) => getFeatureSet(node, ctx),
    },
    removeSet: {
      params: setRoutes.deleteFeatureSet.input.validator,
      handler: (ctx: Ctx<"features.removeSet">) => removeFeatureSet(node, ctx),
    },
  };
}

/** More formulas than a tenant can have. */
const ALL = 1_000;

/** Indicators, patterns, and the formulas of the tenant. */
async function wholeCatalogue(
  node: NodeContext,
  ctx: Ctx<"features.catalogue">,
): Promise<FeatureCatalogueView> {
  const { tenantId } = userOf(ctx);
  const formulas = await listFormulas(node.pool, { tenantId, limit: ALL });
  const builtIn = [...catalogue(), ...patternCatalogue()].map((entry) => {
    const { name, warmup, lines, input, description, source, edge } = entry;
    const parameters = entry.parameters.map((parameter) => parameter.name);
    const defaults = Object.fromEntries(parameters.map((p, i) => [p, entry.defaults[i] ?? 0]));
    return { name, parameters, defaults, warmup, lines, input, description, source, edge };
  });
  const custom = formulas.map(({ name, formula, description }) => {
    const { kernel, warmup } = formulaOf(formula);
    return {
      name: `${CUSTOM}${name}`,
      parameters: [],
      defaults: {},
      warmup,
      lines: null,
      input: kernel.input,
      description: description === "" ? formula : description,
      source: "formula",
      edge: kernel.edge,
    };
  });
  const alternative = ALTERNATIVE_CATALOGUE.map((entry) => ({
    ...entry,
    parameters: [...entry.parameters],
  }));
  return { data: [...builtIn, ...alternative, ...custom], nextCursor: null };
}
