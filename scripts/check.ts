import { spawn } from "node:child_process";
import { once } from "node:events";
import packageJson from "../package.json" with { type: "json" };

/**
 * `npm run check`: what can be known without a server. The linter checks types as it goes, on one core and in a third of the time
 * of the compiler, whose word `npm test` asks for besides (`check.ts types`); the others take turns on the second core, then come
 * the unit tests.
 */
const OTHERS = ["arrows", "dead", "format"] as const;
type Script = (typeof OTHERS)[number] | "lint" | "types" | "unit";

// A third of the linter's time would go into keeping its heap small, and it ends before that matters.
const env = { ...process.env, GOGC: "400" };

/** Runs a script of package.json as npm does, without the half second that npm takes to start. @returns whether it was good */
async function run(name: Script): Promise<boolean> {
  const startMs = performance.now();
  const out = name === "unit" ? "inherit" : "pipe";
  const child = spawn(packageJson.scripts[name], {
    env,
    shell: true,
    stdio: ["ignore", out, out],
  });
  let output = "";
  const take = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  await once(child, "close");
  const isGood = child.exitCode === 0;
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(`${isGood ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (!isGood) console.log(output);
  return isGood;
}

async function inTurn(names: readonly Script[]): Promise<boolean> {
  let isGood = true;
  for (const name of names) isGood = (await run(name)) && isGood;
  return isGood;
}

const typed = process.argv.includes("types") ? (["types"] as const) : [];
const results = await Promise.all([inTurn(["lint", ...typed]), inTurn([...OTHERS, "unit"])]);
if (results.includes(false)) process.exitCode = 1;
