import { once } from "node:events";
import { createServer } from "node:net";

/** A port that is free now and stays the same over the restarts of whoever gets it. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("expected a TCP address");
  return address.port;
}
