/** Where the callers are: in the process of what they call, or on the other side of HTTP. */
export type Via = "process" | "http";

/** What a contestant promises, in the words of the table. */
export interface Guarantees {
  readonly durable: string;
  readonly deduplicates: string;
  readonly singleWriter: string;
  readonly keeps: string;
}

export interface Entrant {
  readonly name: string;
  readonly file: URL;
  readonly via: readonly Via[];
  /** packages of bench/peers without which it is absent */
  readonly packages: readonly string[];
  readonly guarantees: Guarantees;
}

export const ENTRANTS: readonly Entrant[] = [
  {
    name: "ours",
    file: new URL("./ours.ts", import.meta.url),
    via: ["process", "http"],
    packages: [],
    guarantees: {
      durable: "PostgreSQL commit, many actors' turns in one",
      deduplicates: "command id and body, reply stored for good",
      singleWriter: "one node by lease, fenced by epoch and version at the append",
      keeps: "every event, hash-chained; state is their fold",
    },
  },
  {
    name: "plain",
    file: new URL("./plain.ts", import.meta.url),
    via: ["process", "http"],
    packages: [],
    guarantees: {
      durable: "PostgreSQL commit, one a command",
      deduplicates: "command id, reply stored for good",
      singleWriter: "row lock (SELECT FOR UPDATE)",
      keeps: "every event, and the state",
    },
  },
  {
    name: "dbos",
    file: peerFile("dbos"),
    via: ["process"],
    packages: ["@dbos-inc/dbos-sdk"],
    guarantees: {
      durable: "PostgreSQL commits: workflow, the step and its output, outcome",
      deduplicates: "workflow id = command id, outcome stored; the step by its own table",
      singleWriter: "row lock (SELECT FOR UPDATE) in the step",
      keeps: "every event, the state, the workflow with its input and outcome",
    },
  },
  {
    name: "effect",
    file: peerFile("effect"),
    via: ["process"],
    packages: ["@effect/cluster", "@effect/sql-pg", "effect"],
    guarantees: {
      durable: "PostgreSQL commits: mailbox, handler, reply",
      deduplicates: "primary key of the request = command id, reply stored",
      singleWriter:
        "one runner by advisory lock; version checked at the write, which is the handler's own",
      keeps: "every event, the state, the request and its reply",
    },
  },
  {
    name: "restate",
    file: peerFile("restate"),
    via: ["http"],
    packages: [
      "@restatedev/restate-sdk",
      `@restatedev/restate-server-${process.platform}-${process.arch}`,
    ],
    guarantees: {
      durable: "Restate's own log on the same disk, flushed; no PostgreSQL",
      deduplicates: "idempotency key, for a day unless configured",
      singleWriter: "virtual object: one handler a key at a time",
      keeps: "the state; events in the invocations' journals, for a day unless configured",
    },
  },
];

/** Files that import what only bench/peers installs; the checks of the whole tree leave them to bench/peers/tsconfig.json. */
function peerFile(name: string): URL {
  return new URL(`./${name}.peer.ts`, import.meta.url);
}
