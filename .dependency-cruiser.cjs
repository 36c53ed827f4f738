// The arrows of docs/ARCHITECTURE.md as rules. test/unit/arrows.spec.ts plants a violation of each and sees it caught.
const LIB = "node_modules/";

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
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "domain-is-pure",
      severity: "error",
      from: { path: "^domain/" },
      to: { pathNot: ["^domain/", `${LIB}decimal\\.js/`] },
    },
    {
      name: "types-know-domain-only",
      severity: "error",
      from: { path: "^types/" },
      to: { pathNot: ["^types/", "^domain/", `${LIB}moleculer/`] },
    },
    {
      name: "types-vanish-at-run-time",
      severity: "error",
      from: { path: "^types/" },
      to: { dependencyTypesNot: ["type-only"] },
    },
    {
      name: "models-know-domain-only",
      severity: "error",
      from: { path: "^models/" },
      to: {
        path: [
          "^services/",
          "^mixins/",
          "^types/",
          "^test/",
          "^scripts/",
          "^bench/",
          `${LIB}moleculer`,
        ],
      },
    },
    {
      name: "only-models-touch-the-databases",
      severity: "error",
      from: { pathNot: ["^models/", "^test/", "^bench/", "^scripts/"] },
      to: { path: `${LIB}(@types/)?(pg|pg-copy-streams|mongoose|ioredis)/` },
    },
    {
      name: "mixins-do-not-know-services-or-models",
      severity: "error",
      from: { path: "^mixins/" },
      to: { path: ["^services/", "^models/", "^test/", "^scripts/", "^bench/"] },
    },
    {
      name: "services-talk-through-the-broker",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/([^/]+)/", pathNot: "^services/$1/" },
    },
    {
      name: "nothing-imports-test-scripts-or-bench",
      severity: "error",
      from: { pathNot: ["^test/", "^scripts/", "^bench/"] },
      to: { path: ["^test/", "^scripts/", "^bench/"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".cjs", ".mjs", ".json"] },
  },
};
