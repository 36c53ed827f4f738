import type { Json } from "../../domain/shared/json.ts";
import { PROBLEM_CODES, PROBLEMS } from "./problem-codes.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { FIELD_CODES } from "./readers.ts";
import type { AnyRoute, Area } from "./route.ts";
import { denial } from "./routes/orders.ts";
import { s } from "./schema.ts";
import type { Definitions, JsonSchema, Schema, Shape } from "./schema.ts";

const fieldError = s.named(
  "FieldError",
  s.object({ path: s.string(), code: s.enum(FIELD_CODES), message: s.string() }),
);
const problem = s.named(
  "Problem",
  s.object({
    type: s.string({ format: "uri" }),
    title: s.string(),
    status: s.integer(),
    detail: s.string(),
    instance: s.string({ format: "uri-reference" }),
    code: s.describe(s.enum(PROBLEM_CODES), "what programs should look at"),
    requestId: s.string(),
    errors: s.optional(s.array(fieldError)),
    reasons: s.optional(s.array(denial)),
    orderId: s.optional(s.describe(s.string(), "of the order that was denied")),
    data: s.optional(s.json("what a refusal adds")),
  }),
);

const ABOUT: Record<Area, string> = {
  identity: "Who may do what",
  data: "Instruments, prices and features",
  ai: "Signals",
  risk: "Portfolios and their limits",
  execution: "Orders and trades",
  operations: "Health, metrics and this documentation",
};

/** The OpenAPI 3.1 document of these routes: the same table that the gateway routes by. */
export function openApiDocument(
  routes: readonly AnyRoute[],
  version: string,
  only?: Area,
): { readonly [key: string]: Json } {
  const shown = routes.filter(({ area }) => only === undefined || area === only);
  const schemas: Definitions = new Map();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of shown) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operation(route, schemas),
    };
  }
  const areas = [...new Set(shown.map(({ area }) => area))];
  return {
    openapi: "3.1.0",
    info: {
      title: "QuantumAlpha",
      version,
      description:
        "Prices, quantities and money are decimal strings in answers, and may be strings or numbers in requests. " +
        "Times are ISO 8601 UTC with milliseconds. Errors are RFC 9457 problems with a `code` from a closed list.",
    },
    servers: [{ url: "/" }],
    tags: areas.map((name) => ({ name, description: ABOUT[name] })),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}

function operation(route: AnyRoute, schemas: Definitions): Json {
  const { action, area, summary, description, permission, body } = route;
  const needs = permission === null ? "" : `Needs the permission \`${permission}\`.`;
  return {
    operationId: action,
    tags: [area],
    summary,
    description: [description, needs].filter(Boolean).join("\n\n"),
    security: permission === null ? [] : [{ bearer: [] }],
    parameters: parameters(route, schemas),
    ...(body !== null && { requestBody: requestBody(route, body, schemas) }),
    responses: { ...success(route, schemas), ...problems(route, schemas) },
  };
}

function parameters(route: AnyRoute, schemas: Definitions): readonly Json[] {
  return [
    ...inPart("path", route.params, schemas),
    ...inPart("query", route.query, schemas),
    ...(route.csv === undefined ? [] : inPart("query", csvFields(route), schemas, CSV_ONLY)),
    ...(route.isIdempotent ? [IDEMPOTENCY_KEY] : []),
    ...(route.mediaType === "text/event-stream" ? [LAST_EVENT_ID] : []),
  ];
}

const IDEMPOTENCY_KEY: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "The same key and body get the same answer again, marked `Idempotent-Replayed: true`",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
};

const LAST_EVENT_ID: Json = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "Go on after this event",
  schema: { type: "string" },
};

/** A body that is CSV has no fields. */
const CSV_ONLY = "for a body that is text/csv, which has no place for it";

function csvFields({ csv = [], body }: AnyRoute): Shape {
  return Object.fromEntries(Object.entries(body ?? {}).filter(([name]) => csv.includes(name)));
}

function inPart(
  part: "path" | "query",
  fields: Shape,
  schemas: Definitions,
  description?: string,
): readonly Json[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    in: part,
    ...(description !== undefined && { description }),
    required: description === undefined && isRequired(part, field),
    schema: field.doc(schemas),
    // `a,b` in one parameter; without effect on what is no list
    explode: false,
  }));
}

function isRequired(part: "path" | "query", field: Schema<unknown>): boolean {
  return part === "path" || (!field.isOptional && field.hasDefault !== true);
}

function requestBody(route: AnyRoute, body: Shape, schemas: Definitions): Json {
  const schema = s.object(body).doc(schemas);
  const csv = { "text/csv": { schema: { type: "string" } } };
  const content = {
    "application/json": { schema },
    ...(route.csv !== undefined && csv),
    ...(route.multipart !== undefined && {
      "multipart/form-data": { schema: formDoc(route.multipart.file, body, schemas) },
    }),
  };
  return { required: true, content };
}

/** The same with the file as it is. */
function formDoc(file: string, body: Shape, schemas: Definitions): JsonSchema {
  const bytes = { type: "string", contentMediaType: "application/octet-stream" };
  const properties: { [name: string]: Json } = {};
  for (const [name, field] of Object.entries(body))
    properties[name] = name === file ? bytes : field.doc(schemas);
  return { ...s.object(body).doc(schemas), properties, required: [file] };
}

function success(route: AnyRoute, schemas: Definitions): JsonSchema {
  const { status, response, mediaType, summary, download } = route;
  if (status === 204) return { "204": { description: summary } };
  const schema = response?.doc(schemas) ?? { type: "string" };
  const mediaTypes = download?.mediaTypes ?? [mediaType ?? "application/json"];
  const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
  return { [status]: { description: summary, headers: HEADERS, content } };
}

const HEADERS: Json = {
  "X-Request-Id": { schema: { type: "string" } },
};

function problems(route: AnyRoute, schemas: Definitions): JsonSchema {
  const byStatus = Map.groupBy(codesOf(route), (code) => PROBLEMS[code][0]);
  const content = { "application/problem+json": { schema: problem.doc(schemas) } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      { description: codes.map((code) => `\`${code}\` ${PROBLEMS[code][1]}`).join("\n"), content },
    ]),
  );
}

function codesOf({ permission, problems: own = [], action, body }: AnyRoute): ProblemCode[] {
  const codes = new Set<ProblemCode>(["MALFORMED_REQUEST", "VALIDATION_FAILED", ...own]);
  if (permission !== null) for (const code of OF_PROTECTED) codes.add(code);
  if (body !== null) for (const code of OF_BODIES) codes.add(code);
  if (!action.startsWith("api.")) for (const code of OF_ACTIONS) codes.add(code);
  return [...codes];
}

const OF_PROTECTED = ["UNAUTHENTICATED", "TOKEN_EXPIRED", "FORBIDDEN"] as const;
const OF_BODIES = ["MALFORMED_JSON", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"] as const;
const OF_ACTIONS = ["RATE_LIMITED", "UNAVAILABLE", "OVERLOADED", "TIMED_OUT"] as const;
