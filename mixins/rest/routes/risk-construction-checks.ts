import { OBJECTIVES } from "../../../domain/risk/construction/optimise.ts";
import type { FieldError } from "../readers.ts";
import { type CrossCheck, isRecord } from "../schema.ts";
import { invalid, matrixFits, namesCount, onceEach } from "./risk-matrix.ts";

type ObjectiveName = (typeof OBJECTIVES)[number];

/** Beside those of every objective. */
const FIELDS: Readonly<Record<ObjectiveName, readonly string[]>> = {
  minVariance: [],
  meanVariance: ["riskAversion", "targetReturn", "targetVolatility"],
  maxSharpe: [],
  maxDiversification: [],
  riskParity: ["budgets"],
  hrp: [],
  equalWeight: [],
  blackLitterman: [
    "riskAversion",
    "targetReturn",
    "targetVolatility",
    "marketWeights",
    "tau",
    "views",
    "posteriorObjective",
  ],
};
const OF_OBJECTIVES = new Set(Object.values(FIELDS).flat());
const WITH_MEAN: ReadonlySet<ObjectiveName> = new Set(["meanVariance", "maxSharpe"]);
/** Whose weights follow from a formula, which knows of no bounds. */
const UNBOUNDED: ReadonlySet<ObjectiveName> = new Set(["riskParity", "hrp", "equalWeight"]);

type Fields = Readonly<Record<string, unknown>>;

/** That what is asked for fits its objective, and sizes and names fit each other. */
export const optimiseFits: CrossCheck = (value) => {
  const objective = OBJECTIVES.find((one) => one === value["objective"]);
  return [
    ...matrixFits(value),
    ...scaleFits(value),
    ...(objective === undefined ? [] : objectiveFits(objective, value)),
    ...sizesFit(value),
    ...viewsFit(value["views"]),
    ...groupsFit(value["constraints"]),
    ...frontierFits(value),
  ];
};

function objectiveFits(objective: ObjectiveName, value: Fields): readonly FieldError[] {
  const has = (field: string) => value[field] !== undefined;
  const errors: FieldError[] = [...OF_OBJECTIVES]
    .filter((field) => has(field) && !FIELDS[objective].includes(field))
    .map((field) => invalid(field, `is not for ${objective}`));
  if (WITH_MEAN.has(objective) && !has("mean"))
    errors.push({ path: "mean", code: "REQUIRED", message: `is required for ${objective}` });
  if (objective === "blackLitterman") errors.push(...blackLittermanFits(has));
  if (objective === "meanVariance") errors.push(...preferenceFits(has));
  if (UNBOUNDED.has(objective)) errors.push(...formulaFits(objective, value["constraints"]));
  const { budget } = isRecord(value["constraints"]) ? value["constraints"] : {};
  const isRatio = ["maxSharpe", "maxDiversification"].includes(objective);
  if ((isRatio || value["posteriorObjective"] === "maxSharpe") && budget === null)
    errors.push(invalid("constraints.budget", "must be a number: a ratio has no size of its own"));
  return errors;
}

function preferenceFits(has: (field: string) => boolean): readonly FieldError[] {
  const [first, second] = ["riskAversion", "targetReturn", "targetVolatility"].filter(has);
  if (first === undefined)
    return [
      {
        path: "riskAversion",
        code: "REQUIRED",
        message: "or targetReturn, targetVolatility is required for meanVariance",
      },
    ];
  return second === undefined ? [] : [invalid(second, `must be absent beside ${first}`)];
}

function blackLittermanFits(has: (field: string) => boolean): readonly FieldError[] {
  return [
    ...(["marketWeights", "riskAversion"] as const)
      .filter((field) => !has(field))
      .map(
        (path) => ({ path, code: "REQUIRED", message: "is required for blackLitterman" }) as const,
      ),
    ...(has("mean")
      ? [invalid("mean", "must be absent of blackLitterman, which makes its own")]
      : []),
    ...(has("targetReturn") && has("targetVolatility")
      ? [invalid("targetVolatility", "must be absent beside targetReturn")]
      : []),
  ];
}

function formulaFits(objective: ObjectiveName, given: unknown): readonly FieldError[] {
  if (!isRecord(given)) return [];
  return [
    ...["min", "max", "turnover", "leverage", "groups"]
      .filter((field) => given[field] !== undefined)
      .map((field) => invalid(`constraints.${field}`, `is not for ${objective}`)),
    ...(given["longOnly"] === false
      ? [invalid("constraints.longOnly", `must be true of ${objective}`)]
      : []),
  ];
}

function scaleFits(value: Fields): readonly FieldError[] {
  const isSeries = value["assets"] !== undefined || value["symbols"] !== undefined;
  return [
    ...(!isSeries && value["periodsPerYear"] !== undefined
      ? [invalid("periodsPerYear", "is for returns")]
      : []),
    ...(!isSeries && value["mean"] === "historical"
      ? [invalid("mean", "historical is for returns")]
      : []),
    ...(value["correlation"] !== undefined && value["volatilities"] === undefined
      ? [
          {
            path: "volatilities",
            code: "REQUIRED",
            message: "is required with correlation",
          } as const,
        ]
      : []),
  ];
}

function sizesFit(value: Fields): readonly FieldError[] {
  const count = namesCount(value);
  return ["mean", "budgets", "marketWeights"].flatMap((field) => {
    const given = value[field];
    return Array.isArray(given) && given.length !== count
      ? [invalid(field, `must have one for each of ${count} names`)]
      : [];
  });
}

function viewsFit(views: unknown): readonly FieldError[] {
  if (!Array.isArray(views)) return [];
  return views.flatMap((one: unknown, i) => {
    if (!isRecord(one)) return [];
    const isDouble = one["confidence"] !== undefined && one["variance"] !== undefined;
    return isDouble ? [invalid(`views[${i}].variance`, "must be absent beside confidence")] : [];
  });
}

function groupsFit(given: unknown): readonly FieldError[] {
  if (!isRecord(given) || !Array.isArray(given["groups"])) return [];
  const groups: readonly unknown[] = given["groups"];
  return [
    ...onceEach(
      "constraints.groups",
      groups.map((one) => (isRecord(one) ? one["name"] : one)),
    ),
    ...groups.flatMap((one, i) =>
      isRecord(one) ? onceEach(`constraints.groups[${i}].members`, one["members"]) : [],
    ),
  ];
}

/** Each point of each name is a program of its own. */
const FRONTIER_WORK_MAX = 10_000;

function frontierFits(value: Fields): readonly FieldError[] {
  const { frontier, mean, objective } = value;
  if (typeof frontier !== "number") return [];
  if (mean === undefined && objective !== "blackLitterman")
    return [{ path: "mean", code: "REQUIRED", message: "is required for a frontier" }];
  return frontier * namesCount(value) > FRONTIER_WORK_MAX
    ? [invalid("frontier", `times the number of names must be at most ${FRONTIER_WORK_MAX}`)]
    : [];
}
