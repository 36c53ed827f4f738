import type { Links } from "./links.ts";
import { NodeProcess, type NodeOptions } from "./node-process.ts";

/** A node of the product, all its connections by way of proxies. */
export class Member extends NodeProcess {
  readonly links: Links;

  constructor(options: NodeOptions & { readonly links: Links }) {
    const { links, env } = options;
    super({
      ...options,
      env: {
        DATABASE_URL: links.databaseUrl,
        NATS_URL: links.nats.url,
        SAMPLE_DATA: "off",
        LOG_FORMAT: "json",
        LOG_LEVEL: "info",
        ...env,
      },
    });
    this.links = links;
  }
}
