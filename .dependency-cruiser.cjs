// The arrows of docs/ARCHITECTURE.md as rules. test/unit/arrows.spec.ts plants a violation of each and sees it caught.
const LIB = "node_modules/";
const DATABASES = `${LIB}(@types/)?(pg|pg-[^/]+|mongoose|mongodb|ioredis)/`;
/** What the product is made of may not lean on what only surrounds it. */
const SURROUNDINGS = ["^test/", "^scripts/", "^bench/"];

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        pathNot: ["\\.d\\.ts$", "^bench/", "^scripts/", "^moleculer\\.config\\.ts$"],
      },
      to: {},
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "domain-is-pure",
      comment: "domain/ imports itself and decimal.js: no library, nothing of Node",
      severity: "error",
      from: { path: "^domain/" },
      to: { pathNot: ["^domain/", `${LIB}decimal\\.js/`] },
    },
    {
      name: "types-know-domain-only",
      comment: "types/ describes messages in the words of domain/, and extends Moleculer's types",
      severity: "error",
      from: { path: "^types/" },
      to: { pathNot: ["^types/", "^domain/", `${LIB}moleculer/`] },
    },
    {
      name: "types-vanish-at-run-time",
      comment: "types/ imports with `import type` only",
      severity: "error",
      from: { path: "^types/" },
      to: { dependencyTypesNot: ["type-only"] },
    },
    {
      name: "types-are-not-used-at-run-time",
      comment: "types/ is imported with `import type` only",
      severity: "error",
      from: { pathNot: "^types/" },
      to: { path: "^types/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "models-know-domain-only",
      comment: "of our own files; libraries are free but for the next rule",
      severity: "error",
      from: { path: "^models/" },
      to: { dependencyTypes: ["local"], pathNot: ["^models/", "^domain/"] },
    },
    {
      name: "models-do-not-know-moleculer",
      severity: "error",
      from: { path: "^models/" },
      to: { path: `${LIB}moleculer[^/]*/` },
    },
    {
      name: "only-models-touch-the-databases",
      comment: "tests and benchmarks compare with the bare driver",
      severity: "error",
      from: { pathNot: ["^models/", "^test/", "^bench/"] },
      to: { path: DATABASES },
    },
    {
      name: "only-the-bus-touches-nats",
      comment:
        "Moleculer's transporter is Moleculer's affair; tests and benchmarks compare with the bare client",
      severity: "error",
      from: { pathNot: ["^services/bus/", "^test/", "^bench/"] },
      to: { path: `${LIB}nats/` },
    },
    {
      name: "mixins-do-not-know-services-or-models",
      comment: "a service hands them in",
      severity: "error",
      from: { path: "^mixins/" },
      to: { dependencyTypes: ["local"], pathNot: ["^mixins/", "^domain/", "^types/"] },
    },
    {
      name: "services-talk-through-the-broker",
      comment: "services/X/ may import itself and files directly in services/, not services/Y/",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/[^/]+/", pathNot: "^services/$1/" },
    },
    {
      name: "services-look-down-only",
      comment: "not at what surrounds them; the broker's options are their own",
      severity: "error",
      from: { path: "^services/" },
      to: {
        dependencyTypes: ["local"],
        pathNot: [
          "^services/",
          "^domain/",
          "^models/",
          "^mixins/",
          "^types/",
          "^moleculer\\.config\\.ts$",
          "^package\\.json$",
        ],
      },
    },
    {
      name: "nothing-imports-test-scripts-or-bench",
      severity: "error",
      from: { pathNot: SURROUNDINGS },
      to: { path: SURROUNDINGS },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // What they import is installed by the benchmark that needs it.
    exclude: { path: "^bench/peers/.*\\.peer\\.ts$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: `${__dirname}/tsconfig.base.json` },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".cjs", ".mjs", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
  },
};
