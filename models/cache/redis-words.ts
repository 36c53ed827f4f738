import { CacheUnavailable } from "./ports.ts";

/** The answer of Redis, or `CacheUnavailable` for whatever kept it from answering. */
export async function asked<T>(operation: string, reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    throw new CacheUnavailable(operation, error);
  }
}

/** `text` as a glob pattern that matches only itself. */
export function literal(text: string): string {
  return text.replaceAll(/[\\*?[\]]/g, "\\$&");
}
