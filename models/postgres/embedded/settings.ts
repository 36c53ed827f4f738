/** The server's settings by name, in PostgreSQL's own notation. */
export type Settings = Readonly<Record<string, string>>;

const DEFAULTS: Settings = {
  // Loopback only, and no socket files: their path may not exceed 107 bytes.
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "128MB",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // Acknowledged means durable. Batching commits gains more than giving this up would (docs/adr).
  synchronous_commit: "on",
  // A forgotten transaction holds back the outbox, which reads below the oldest one.
  idle_in_transaction_session_timeout: "10s",
  // The packaged build has no compiler, and short statements would only pay for one.
  jit: "off",
  // Room for many small group commits between flushes, and checkpoints that are rare and spread out.
  wal_buffers: "16MB",
  min_wal_size: "256MB",
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  checkpoint_completion_target: "0.9",
  log_checkpoints: "off",
};

/** The command line that gives a server on `port` our settings, with `overrides` having the last word. */
export function serverArguments(directory: string, port: number, overrides: Settings): string[] {
  const settings = { ...DEFAULTS, ...overrides, port: String(port) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", directory, ...flags];
}

/** Whether the server is to survive a power cut: tests turn this off for speed. */
export function isDurable({ fsync = "on" }: Settings): boolean {
  return fsync !== "off";
}
