import type { Server } from "node:http";
import type { ServiceSchema } from "moleculer";
import type { StreamHub } from "./stream.ts";

/** Requests that are still under way by then are cut off, so that a stop ends. */
const CLOSE_ALL_AFTER_MS = 3000;

/**
 * Opens and closes the hub with its service. It must stand before moleculer-web among the mixins: that one's `stopped`
 * waits for every connection, and would wait for a stream for ever.
 */
export function streamMixin(
  hub: StreamHub,
  attach: (server: Server) => void,
): Partial<ServiceSchema> {
  return {
    async started(this: { readonly name: string; readonly server?: Server }) {
      if (this.server !== undefined) attach(this.server);
      hub.open();
    },
    async stopped(this: { readonly name: string; readonly server?: Server }) {
      await hub.close();
      setTimeout(() => this.server?.closeAllConnections(), CLOSE_ALL_AFTER_MS).unref();
    },
  };
}
