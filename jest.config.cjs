// Jest runs CommonJS; @swc/jest strips the types and rewrites the imports. Six projects, six promises: unit, laws (of the
// same code, over thousands of random histories and real recordings) and simulation need nothing, integration needs stores, e2e needs the whole
// node over HTTP. mongo a MongoDB (`npm run test:mongo`).
const toCommonJs = [
  "@swc/jest",
  { jsc: { parser: { syntax: "typescript" }, target: "es2024" }, module: { type: "commonjs" } },
];

/** ccxt and what it is made of are modules that CommonJS cannot require. */
const MODULES = "(ccxt|@noble|@scure)/";

const common = {
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

/** They take as long as all other unit tests together, so `npm run check` leaves them to `npm test`. */
const LAWS = "-laws\\.spec\\.ts$";

// Suites on stores share one embedded cluster per run, made by the global set-up.
const onStores = {
  globalSetup: "<rootDir>/test/support/start-stores.ts",
  globalTeardown: "<rootDir>/test/support/stop-stores.ts",
};

module.exports = {
  testTimeout: 60_000,
  projects: [
    project("unit", { testPathIgnorePatterns: ["/node_modules/", LAWS] }),
    project("laws", { testMatch: ["<rootDir>/test/unit/**/*-laws.spec.ts"] }),
    project("simulation"),
    project("integration", onStores),
    project("e2e", onStores),
    project("mongo"),
  ],
};
