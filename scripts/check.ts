import { spawn } from "node:child_process";

/**
 * `npm run check`: what can be known without a server, two at a time because a laptop has that many cores to spare. The linter
 * checks types as it goes, in a third of the time of the compiler, whose word `npm test` asks for besides.
 */
const STATIC = ["format", "lint", "arrows", "dead"];

interface Result {
  readonly name: string;
  readonly isGood: boolean;
  readonly output: string;
  readonly seconds: string;
}

function run(name: string): Promise<Result> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "-s", name], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("close", (code) => {
      const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
      resolve({ name, isGood: code === 0, output, seconds });
    });
  });
}

/** Takes the next name when it is done with one. @returns whether all it ran were good */
async function worker(names: string[]): Promise<boolean> {
  let isGood = true;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const result = await run(name);
    console.log(`${result.isGood ? "ok  " : "FAIL"} ${name} (${result.seconds} s)`);
    if (!result.isGood) console.log(result.output);
    isGood &&= result.isGood;
  }
  return isGood;
}

const names = [...STATIC];
const results = await Promise.all([worker(names), worker(names)]);
if (results.includes(false)) process.exit(1);
const unit = spawn("npm", ["run", "-s", "unit"], { stdio: "inherit" });
unit.on("close", (code) => process.exit(code ?? 1));
