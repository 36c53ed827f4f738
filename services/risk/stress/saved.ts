import {
  HISTORICAL,
  sourceOf,
  type HistoricalScenario,
} from "../../../domain/risk/stress/historical.ts";
import {
  HYPOTHETICAL,
  type HypotheticalScenario,
} from "../../../domain/risk/stress/hypothetical.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { bodyHash } from "../../../mixins/actor/ids.ts";
import { conflict, notFound, RestError } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import type { ScenarioPage, ScenarioView } from "../../../mixins/rest/routes/risk-stress-views.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../mixins/rest/views.ts";
import { claimRequestKey } from "../../../models/request-keys.ts";
import type { ScenarioStore, StoredScenario } from "../../../models/scenarios.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** A tenant's. */
const SCENARIOS_MAX = 200;

/** Stores a scenario under a name. The same again succeeds; another under the name is refused. */
export async function createScenario(
  node: NodeContext,
  store: ScenarioStore,
  ctx: Ctx<"scenarios.create">,
): Promise<ScenarioView> {
  const { tenantId, userId } = userOf(ctx);
  const { name, description, scenario } = ctx.params;
  await claimKey(node, ctx);
  const definition = JSON.stringify(scenario);
  const there = await store.findByName(tenantId, name);
  if (there !== null) return again(ctx, there, { definition, description });
  if ((await store.count(tenantId)) >= SCENARIOS_MAX)
    throw conflict(`a tenant has ${SCENARIOS_MAX} scenarios at most`);
  const stored: StoredScenario = {
    _id: node.newId(),
    tenantId,
    name,
    description,
    kind: scenario.kind,
    definition,
    createdBy: userId,
    createdAtMs: node.clock.now(),
  };
  if (await store.insert(stored)) return userView(stored);
  // Another request was first.
  const first = await store.findByName(tenantId, name);
  if (first === null) throw conflict(`${name} was stored and forgotten meanwhile; try again`);
  return again(ctx, first, { definition, description });
}

function again(
  ctx: RequestContext,
  there: StoredScenario,
  wanted: Pick<StoredScenario, "definition" | "description">,
): ScenarioView {
  if (there.definition !== wanted.definition || there.description !== wanted.description)
    throw conflict(`${there.name} is there with other content; delete it first`);
  ctx.meta.isReplay = true;
  return userView(there);
}

async function claimKey({ pool }: NodeContext, ctx: Ctx<"scenarios.create">): Promise<void> {
  const key = ctx.meta.idempotencyKey;
  if (key === undefined) return;
  const hash = bodyHash(jsonOf(JSON.stringify(ctx.params)));
  if (await claimRequestKey(pool, `scenarios:${userOf(ctx).userId}`, key, hash)) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body");
}

export async function removeScenario(
  store: ScenarioStore,
  ctx: Ctx<"scenarios.remove">,
): Promise<null> {
  const { scenarioId } = ctx.params;
  if (builtIn().some(({ view }) => view.scenarioId === scenarioId))
    throw conflict(`${scenarioId} is built in, and cannot be deleted`);
  if (await store.remove(userOf(ctx).tenantId, scenarioId)) return null;
  throw notFound("scenario", scenarioId);
}

export async function scenarioPage(
  store: ScenarioStore,
  ctx: Ctx<"scenarios.list">,
): Promise<ScenarioPage> {
  const { limit, cursor, kind } = ctx.params;
  const after = decodeCursor(cursor, { key: "string" })?.key ?? "";
  const stored = await store.list(userOf(ctx).tenantId);
  const all = [
    ...builtIn(),
    ...stored.map((one) => ({ key: `2 ${one.name}`, view: userView(one) })),
  ]
    .filter(({ key, view }) => key > after && (kind === undefined || view.kind === kind))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const shown = all.slice(0, limit);
  const last = all.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ view }) => view),
    nextCursor: last === undefined ? null : encodeCursor({ key: last.key }),
  };
}

interface Listed {
  /** the place in the list */
  readonly key: string;
  readonly view: ScenarioView;
}

function place(group: number, i: number): string {
  return `${group} ${String(i).padStart(3, "0")}`;
}

function builtIn(): readonly Listed[] {
  return [
    ...HISTORICAL.map((one, i) => ({ key: place(0, i), view: historicalView(one) })),
    ...HYPOTHETICAL.map((one, i) => ({ key: place(1, i), view: hypotheticalView(one) })),
  ];
}

const BUILT_IN = { origin: "builtIn", createdAt: null } as const;

function historicalView(scenario: HistoricalScenario): ScenarioView {
  return {
    ...BUILT_IN,
    scenarioId: scenario.id,
    name: scenario.name,
    description: scenario.notes,
    kind: "historical",
    from: isoTime(Date.parse(scenario.from)),
    to: isoTime(Date.parse(scenario.to)),
    factors: factorsView(scenario),
    definition: { kind: "historical", name: scenario.id },
  };
}

/** What is known of a stretch of history, with where it is from. */
export function factorsView(scenario: HistoricalScenario): ScenarioView["factors"] {
  const { factors } = scenario;
  // sound: the keys of an object literal of that type
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const names = Object.keys(factors) as (keyof typeof factors)[];
  return names.flatMap((name) => {
    const value = factors[name];
    return value === undefined ? [] : [{ name, value, source: sourceOf(scenario, name) }];
  });
}

function hypotheticalView({ id, name, description, shocks }: HypotheticalScenario): ScenarioView {
  const definition = { kind: "hypothetical", shocks };
  return {
    ...BUILT_IN,
    scenarioId: id,
    name,
    description,
    kind: "hypothetical",
    from: null,
    to: null,
    factors: [],
    definition,
  };
}

function userView(stored: StoredScenario): ScenarioView {
  const definition = definitionOf(stored);
  const { _id: scenarioId, name, description, createdAtMs } = stored;
  const { from, to } = definition;
  return {
    scenarioId,
    origin: "user",
    name,
    description,
    kind: definition.kind,
    from: from === undefined ? null : isoTime(from),
    to: to === undefined ? null : isoTime(to),
    factors: [],
    definition: jsonOf(stored.definition),
    createdAt: isoTime(createdAtMs),
  };
}

/** A scenario that is named by its identifier: built in, or the tenant's. @throws RestError 404 */
export async function savedScenario(
  store: ScenarioStore,
  ctx: RequestContext,
  scenarioId: string,
): Promise<{ readonly name: string; readonly definition: ScenarioDefinition }> {
  const historical = HISTORICAL.find(({ id }) => id === scenarioId);
  if (historical !== undefined) {
    const { name } = historical;
    return { name, definition: { kind: "historical", name } };
  }
  const hypothetical = HYPOTHETICAL.find(({ id }) => id === scenarioId);
  if (hypothetical !== undefined) {
    const { name, shocks } = hypothetical;
    return { name, definition: { kind: "hypothetical", shocks } };
  }
  const stored = await store.find(userOf(ctx).tenantId, scenarioId);
  if (stored === null) throw notFound("scenario", scenarioId);
  return { name: stored.name, definition: definitionOf(stored) };
}

function definitionOf({ definition }: StoredScenario): ScenarioDefinition {
  // sound: it was valid when it was stored, and is never changed
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return JSON.parse(definition) as ScenarioDefinition;
}

function jsonOf(text: string): Json {
  // sound: what JSON.parse gives is Json
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return JSON.parse(text) as Json;
}
