/**
 * The beginning of a statement whose commit does not wait for the disk: `WITH ${LAZILY} ... FROM lazily`, which it must read
 * from to have it done. For what may be lost with the server, and with it alone, because it is done again or was written
 * behind something that is waited for.
 */
export const LAZILY =
  "lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))";
