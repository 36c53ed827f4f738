import { RestError } from "../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../types/contracts.ts";

/**
 * Whose things whoever asks may see: over REST those of one's own tenant; null, which is everything, for the console, whose
 * calls come from inside and have no user.
 */
export function tenantOf({ meta }: RequestContext): string | null {
  if (meta.user === null) throw new RestError("UNAUTHENTICATED", "operators sign in");
  return meta.user?.tenantId ?? null;
}
