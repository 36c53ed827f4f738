// Jest runs CommonJS; @swc/jest strips the types and rewrites the imports. Six projects, six promises: unit, laws (of the
// same code, over thousands of random histories, real recordings and whole fits) and simulation need nothing, integration needs stores, e2e needs the whole
// node over HTTP. mongo a MongoDB (`npm run test:mongo`).
const toCommonJs = [
  "@swc/jest",
  { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "commonjs" } },
];

/** ccxt and what it is made of are modules that CommonJS cannot require. */
const MODULES = "(ccxt|@noble|@scure)/";

/**
 * Named in Jest's sandbox, a global is looked up at 200 ns instead of 6. These are handed to every module as arguments, where they cost
 * nothing: laws run up to ten times as fast. `Map` is none of them, as apache-arrow declares its own.
 */
const sandboxInjectedGlobals = [
  "Array",
  "BigInt",
  "Float64Array",
  "Int32Array",
  "JSON",
  "Math",
  "Number",
  "Object",
  "Set",
  "String",
  "Uint8Array",
];

const common = {
  sandboxInjectedGlobals,
  // Where it is imported only: to load it for every file would cost more than many of them take.
  moduleNameMapper: { "^fast-check$": "<rootDir>/test/support/laws.ts" },
  testEnvironment: "node",
  transform: { "^.+\\.ts$": toCommonJs, [`/node_modules/${MODULES}.+\\.js$`]: toCommonJs },
  transformIgnorePatterns: [`/node_modules/(?!${MODULES})`],
  modulePathIgnorePatterns: [
    "<rootDir>/data/",
    "<rootDir>/.tmp/",
    "<rootDir>/test/fixtures/arrows/",
  ],
};

const project = (name, extra = {}) => ({
  ...common,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.spec.ts`],
  ...extra,
});

/** With fits and simulations in threads they take longer than all other unit tests together, so `npm run check` leaves them to `npm test`. */
const LAWS = "-laws\\.spec\\.ts$";

// Suites on stores share one embedded cluster per run, made by the global set-up.
const onStores = {
  globalSetup: "<rootDir>/test/support/start-stores.ts",
  globalTeardown: "<rootDir>/test/support/stop-stores.ts",
};

module.exports = {
  // What earlier files have left in a worker's heap slows each collection down: it begins anew.
  workerIdleMemoryLimit: "1GB",
  testTimeout: 180_000,
  testSequencer: "<rootDir>/test/support/longest-first.cjs",
  projects: [
    project("unit", { testPathIgnorePatterns: ["/node_modules/", LAWS] }),
    // Whole fits and thousands of histories take minutes on a machine that does other things.
    project("laws", {
      testMatch: ["<rootDir>/test/unit/**/*-laws.spec.ts"],
      setupFilesAfterEnv: ["<rootDir>/test/support/patience.ts"],
    }),
    project("simulation"),
    project("integration", onStores),
    project("e2e", onStores),
    project("mongo"),
  ],
};
