/**
 * A process of its own with an embedded server, for tests that kill it or run it as somebody else. Arguments: the data
 * directory and, if wanted, the package with the binaries. When the server takes connections it prints a line with its URL, whether it
 * attached, and the version. It stops the server when its standard input ends.
 */
import { startEmbeddedPostgres } from "../../models/postgres/embedded.ts";

const [dataDir = "", packageDir] = process.argv.slice(2);
const { url, isAttached, version, stop } = await startEmbeddedPostgres({
  dataDir,
  ...(packageDir && { packageDir }),
});
process.stdout.write(`${url} ${isAttached} ${version}\n`);
process.stdin.resume().once("end", () => void stop());
