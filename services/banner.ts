import type { Config } from "./config.ts";
import type { RunningNode } from "./node.ts";

interface BannerParts {
  readonly node: RunningNode;
  readonly config: Config;
  readonly tookMs: number;
}

/** What a person who has just started a node wants to know. A generated password is shown here and nowhere else. */
export function banner({ node, config, tookMs }: BannerParts): string {
  const stores = Object.entries(node.stores).map(([name, text]) => line(name, text));
  return [
    "",
    `  QuantumAlpha is up after ${(tookMs / 1_000).toFixed(1)} s  (node ${config.nodeId}: ${config.services.join(", ")})`,
    "",
    ...stores,
    ...urls(node.url),
    ...administrator(node),
    ...sample(config),
    "",
    "",
  ].join("\n");
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(10)}${text}`;
}

function urls(url: string | null): readonly string[] {
  if (url === null) return [];
  return [
    "",
    line("API", `${url}/api`),
    line("docs", `${url}/api/docs`),
    line("health", `${url}/health/ready`),
  ];
}

function administrator({ administrator: made }: RunningNode): readonly string[] {
  if (made === null) return [];
  const { generatedPassword: generated } = made;
  const password = generated === null ? "as given" : `${generated}   (shown this once)`;
  return ["", line("e-mail", made.email), line("password", password)];
}

function sample({ hasSampleData, replaySpeed }: Config): readonly string[] {
  if (!hasSampleData) return [];
  return ["", line("feed", `S&P 500 daily bars from 2000 on, ${replaySpeed} a second, as SPX`)];
}
