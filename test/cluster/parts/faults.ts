import { access, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Direction, Weather } from "../../support/tcp-proxy.ts";
import type { Cluster } from "../world/cluster.ts";
import { type LinkName, wiresOf } from "../world/links.ts";
import type { Member } from "../world/member.ts";
import type { Misbehaviour, OutsideBroker } from "../world/outside-broker.ts";

export interface Stage {
  readonly cluster: Cluster;
  readonly broker: OutsideBroker | null;
  readonly random: () => number;
}

/** Does harm, and resolves when it is repaired. `ms` is how long it lasts. */
type Harm = (stage: Stage, ms: number) => Promise<void>;

/** Every kind of fault, by the name that plan and report have for it. */
const FAULTS: Readonly<Record<string, Harm>> = {
  "kill -9": async (stage, ms) => killed([aMember(stage)], ms),
  "kill -9 of two": async (stage, ms) => {
    const first = aMember(stage);
    const second = aMember(stage, first);
    await killed([first, second], ms);
  },
  "freeze (SIGSTOP)": async (stage, ms) => {
    const member = aMember(stage);
    member.freeze();
    await sleep(ms * 1.5);
    member.thaw();
  },
  "SIGTERM under load": async (stage, ms) => {
    const member = aMember(stage);
    await member.stop();
    await sleep(ms / 4);
    await member.start();
  },
  "NATS killed": async ({ cluster }, ms) => {
    await cluster.nats.kill();
    await sleep(ms);
    await cluster.nats.start();
  },
  "NATS killed and emptied": async ({ cluster }, ms) => {
    await cluster.nats.kill();
    await cluster.nats.empty();
    await sleep(ms / 2);
    await cluster.nats.start();
  },
  "PostgreSQL restart": async ({ cluster }, ms) => restarted(cluster, "fast", ms),
  "PostgreSQL crash (immediate)": async ({ cluster }, ms) => restarted(cluster, "immediate", ms),
  "PostgreSQL crash (kill -9)": async ({ cluster }, ms) => restarted(cluster, "kill", ms),
  "PostgreSQL sessions killed": async ({ cluster }, ms) => {
    for (let i = 0; i < 4; i++) {
      await cluster.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE usename LIKE 'n%' AND datname = current_database() AND random() < 0.4`,
      );
      await sleep(ms / 4);
    }
  },
  "NATS link cut": async (stage, ms) => cutLink(stage, "nats", ms),
  "PostgreSQL link cut": async (stage, ms) => cutLink(stage, "postgres", ms),
  "NATS link one way": async (stage, ms) => oneWay(stage, "nats", ms),
  "PostgreSQL link one way": async (stage, ms) => oneWay(stage, "postgres", ms),
  "partition of a node": async (stage, ms) => {
    const { links } = aMember(stage);
    await spoilt(wiresOf(links), { isHeld: true }, ms * 1.5);
  },
  "links delayed": async ({ cluster, random }, ms) => {
    const weather = { delayMs: 20 + random() * 100, jitterMs: 200 };
    await spoilt(
      cluster.members.flatMap(({ links }) => wiresOf(links)),
      weather,
      ms,
    );
  },
  "links drop": async (stage, ms) => {
    const { links } = aMember(stage);
    await spoilt(wiresOf(links), { dropChance: 0.02 }, ms);
  },
  "slow disk": async ({ cluster }, ms) => {
    const weather = { delayMs: 60, jitterMs: 60, bytesPerSecond: 400_000 };
    await spoilt(
      cluster.members.map(({ links }) => links.postgres),
      weather,
      ms,
      ["toClient"],
    );
  },
};

const BROKER_FAULTS: Readonly<Record<string, Harm>> = {
  "broker link cut": async (stage, ms) => cutLink(stage, "broker", ms),
  "broker link one way": async (stage, ms) => oneWay(stage, "broker", ms),
  "broker replies duplicated": async (stage, ms) => misbehaving(stage, "duplicate", ms),
  "broker replies delayed": async (stage, ms) => misbehaving(stage, "delay", ms),
  "broker replies lost": async (stage, ms) => misbehaving(stage, "drop", ms),
};

const CLOCK_FAULTS: Readonly<Record<string, Harm>> = {
  "clock skew": clockSkew,
};

/** Those that can be done here; the others with the reason why not. */
export async function availableFaults(hasBroker: boolean): Promise<{
  readonly kinds: Readonly<Record<string, Harm>>;
  readonly missing: Readonly<Record<string, string>>;
}> {
  const hasFaketime = (await fakeTimeLibrary()) !== null;
  const kinds = { ...FAULTS, ...(hasBroker && BROKER_FAULTS), ...(hasFaketime && CLOCK_FAULTS) };
  const missing = {
    ...(!hasBroker && each(BROKER_FAULTS, "no broker outside")),
    ...(!hasFaketime && each(CLOCK_FAULTS, "libfaketime is not installed")),
  };
  return { kinds, missing };
}

function each(kinds: object, reason: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(kinds).map((kind) => [kind, reason]));
}

function aMember({ cluster, random }: Stage, other?: Member): Member {
  const candidates = cluster.members.filter((member) => member !== other);
  const member = candidates[Math.floor(random() * candidates.length)] ?? other;
  if (member === undefined) throw new Error("expected a cluster with nodes");
  return member;
}

async function killed(members: readonly Member[], ms: number): Promise<void> {
  for (const member of members) await member.kill();
  await sleep(ms / 2);
  for (const member of members) await member.start();
}

async function restarted(
  { postgres }: Cluster,
  how: Parameters<Cluster["postgres"]["stop"]>[0],
  ms: number,
): Promise<void> {
  await postgres.stop(how);
  await sleep(ms / 3);
  await postgres.start();
}

function wireOf(stage: Stage, name: LinkName) {
  const wire = aMember(stage).links[name];
  if (wire === null) throw new Error(`expected a link to ${name}`);
  return wire;
}

async function cutLink(stage: Stage, name: LinkName, ms: number): Promise<void> {
  const wire = wireOf(stage, name);
  await wire.cut();
  await sleep(ms);
  await wire.mend();
}

async function oneWay(stage: Stage, name: LinkName, ms: number): Promise<void> {
  const direction: Direction = stage.random() < 0.5 ? "toServer" : "toClient";
  await spoilt([wireOf(stage, name)], { isHeld: true }, ms * 1.5, [direction]);
}

async function spoilt(
  wires: Iterable<ReturnType<typeof wireOf>>,
  weather: Weather,
  ms: number,
  directions?: readonly Direction[],
): Promise<void> {
  const all = [...wires];
  for (const wire of all) wire.setWeather(weather, directions);
  await sleep(ms);
  for (const wire of all) await wire.clear();
}

async function misbehaving({ broker }: Stage, how: Misbehaviour, ms: number): Promise<void> {
  broker?.misbehave(how);
  await sleep(ms);
  broker?.behave();
}

const SKEWS_S = [-300, -30, 30, 300] as const;

/** A node whose clock jumps while it works, and goes back: started again with a clock of its own for that time. */
async function clockSkew(stage: Stage, ms: number): Promise<void> {
  const library = await fakeTimeLibrary();
  const member = aMember(stage);
  const file = join(stage.cluster.directory, `${member.nodeId}.clock`);
  const skew = SKEWS_S[Math.floor(stage.random() * SKEWS_S.length)] ?? 300;
  await writeFile(file, "+0s");
  await member.stop();
  await member.start({
    LD_PRELOAD: library ?? "",
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: "1",
    // The skew is the wall clock's: no machine's monotonic clock jumps.
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  });
  await member.ready();
  await writeFile(file, `${skew > 0 ? "+" : ""}${skew}s`);
  await sleep(ms);
  await member.stop();
  await member.start();
}

async function fakeTimeLibrary(): Promise<string | null> {
  const names = (await readdir("/usr/lib").catch(() => [])).map((name) =>
    join("/usr/lib", name, "faketime"),
  );
  for (const directory of ["/usr/lib/faketime", ...names]) {
    const path = join(directory, "libfaketimeMT.so.1");
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}
