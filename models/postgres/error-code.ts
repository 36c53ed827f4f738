/** The `code` of a system's or server's error ("ENOENT", "23505"). Not by class: sandboxes have classes of their own. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
