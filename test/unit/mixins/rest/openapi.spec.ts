import { PROBLEM_CODES } from "../../../../mixins/rest/problem-codes.ts";
import { openApiDocument } from "../../../../mixins/rest/openapi.ts";
import { AREAS } from "../../../../mixins/rest/route.ts";
import { ROUTES } from "../../../../mixins/rest/routes/index.ts";

type Node = { readonly [key: string]: unknown };

const text = JSON.stringify(openApiDocument(ROUTES, "1.2.3"));
const document = JSON.parse(text) as {
  readonly paths: Record<string, Record<string, Node>>;
  readonly components: { readonly schemas: Record<string, Node> };
};

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every schema of the document, with where it stands. */
function schemas(): Node[] {
  const found: Node[] = Object.values(document.components.schemas);
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "schema" && !Array.isArray(value)) found.push(value as Node);
      walk(value);
    }
  };
  walk(document.paths);
  return found.flatMap(within);
}

function within(schema: Node): Node[] {
  const {
    properties = {},
    items,
    anyOf = [],
    additionalProperties,
  } = schema as {
    properties?: Record<string, Node>;
    items?: Node;
    anyOf?: Node[];
    additionalProperties?: Node | boolean;
  };
  const below = [
    ...Object.values(properties),
    ...(items ? [items] : []),
    ...anyOf,
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
  ];
  return [schema, ...below.flatMap(within)];
}

describe("the OpenAPI document", () => {
  it("has the routes of the table and no other", () => {
    const inDocument = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    const inTable = ROUTES.map(({ path, method }) => `${method} ${path}`);
    expect(inDocument.toSorted()).toEqual(inTable.toSorted());
  });

  it("gives each operation an id of its own", () => {
    const ids = operations.map(({ operation }) => operation["operationId"]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("refers only to what it defines", () => {
    const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    const missing = references.filter(
      (name) => !Object.hasOwn(document.components.schemas, name ?? ""),
    );
    expect(missing).toEqual([]);
    expect(references.length).toBeGreaterThan(50);
  });

  it("describes every parameter of every path", () => {
    for (const { path, operation } of operations) {
      const parameters = operation["parameters"] as { name: string; in: string }[];
      const described = parameters.filter((p) => p.in === "path").map(({ name }) => name);
      expect(described).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  it("uses the words of JSON Schema 2020-12 as they are meant", () => {
    const types = new Set("string number integer boolean object array null".split(" "));
    // sound: whoever has another shape is found wanting below
    const all = schemas() as {
      type?: string | string[];
      required?: string[];
      properties?: object;
      pattern?: string;
    }[];
    const wrong = all.filter(
      ({ type = [], required = [], properties = {}, ...rest }) =>
        "nullable" in rest ||
        ![type].flat().every((name) => types.has(name)) ||
        !required.every((name) => Object.keys(properties).includes(name)),
    );
    expect(wrong).toEqual([]);
    for (const pattern of new Set(all.map((schema) => schema.pattern ?? "")))
      expect(() => new RegExp(pattern, "u")).not.toThrow();
  });

  it("says how every protected route is opened, and names its permission", () => {
    for (const { action, permission } of ROUTES) {
      const found = operations.find(({ operation }) => operation["operationId"] === action);
      expect(found?.operation["security"]).toEqual(permission === null ? [] : [{ bearer: [] }]);
      expect(found?.operation["description"]).toContain(permission ?? "");
    }
  });

  it("lists every code of a problem", () => {
    const { properties } = document.components.schemas["Problem"] as {
      properties: { code: { enum: string[] } };
    };
    expect(properties.code.enum).toEqual(PROBLEM_CODES);
  });

  it("can be had for one service alone, and the parts make the whole", () => {
    const parts = AREAS.flatMap((area) =>
      Object.keys(openApiDocument(ROUTES, "1", area)["paths"] ?? {}),
    );
    expect(new Set(parts)).toEqual(new Set(Object.keys(document.paths)));
    expect(Object.keys(openApiDocument(ROUTES, "1", "risk")["paths"] ?? {})).toContain(
      "/api/portfolios",
    );
    expect(Object.keys(openApiDocument(ROUTES, "1", "risk")["paths"] ?? {})).not.toContain(
      "/api/orders",
    );
  });
});
