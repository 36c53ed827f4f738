import { chmod, chown, cp, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { packageDirectory, packageLinks } from "../../../../models/postgres/embedded/binaries.ts";
import { runAsNobody } from "../../../../models/postgres/embedded/run-as.ts";
import { startEmbeddedPostgres } from "../../../../models/postgres/embedded.ts";
import { startEmbeddedProcess, stopEmbeddedProcess } from "../../../support/embedded.ts";
import {
  type TemporaryDirectory,
  directoryForPrograms,
  temporaryDirectory,
} from "../../../support/temporary.ts";

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? describe : describe.skip;
const ORDINARY_UID = 1000;

describe("whoever starts the embedded PostgreSQL", () => {
  let programs: TemporaryDirectory;
  let directory: TemporaryDirectory;
  let dataDir: string;

  beforeAll(async () => {
    programs = await directoryForPrograms();
    await chmod(programs.path, 0o755);
    await cp(packageDirectory(), programs.path, { recursive: true, dereference: true });
  });

  afterAll(async () => {
    await programs.remove();
  });

  beforeEach(async () => {
    directory = await temporaryDirectory();
    dataDir = join(directory.path, "data");
    // Others have to pass through it.
    await chmod(directory.path, 0o755);
  });

  afterEach(async () => {
    await directory.remove();
  });

  /** The package as npm unpacks it when install scripts may not run: without symbolic links. */
  const packageWithoutLinks = async () => {
    for (const { target } of await packageLinks(programs.path))
      await rm(join(programs.path, target), { force: true });
    return programs.path;
  };

  asRoot("may be root, who", () => {
    it("has files that stay root's own", async () => {
      const postgres = await startEmbeddedPostgres({ dataDir });
      await postgres.stop();
      expect((await stat(join(dataDir, "cluster"))).uid).toBe(0);
    });

    it("may work inside a directory that nobody else may enter", async () => {
      await chmod(directory.path, 0o700);
      const postgres = await startEmbeddedPostgres({ dataDir });
      await postgres.stop();
      expect(postgres.version).toMatch(/^18\./);
    });

    it("gives the directory to nobody where user namespaces are forbidden", async () => {
      await (await startEmbeddedPostgres({ dataDir })).stop();
      const packageDir = await packageWithoutLinks();
      const options = { dataDir, packageDir, runAs: runAsNobody };
      await (await startEmbeddedPostgres(options)).stop();
      expect((await stat(join(dataDir, "cluster", "PG_VERSION"))).uid).toBe(65534);
    });

    it("leaves another user's directory that user's", async () => {
      await mkdir(dataDir, { mode: 0o700 });
      await chown(dataDir, ORDINARY_UID, ORDINARY_UID);
      const packageDir = await packageWithoutLinks();
      await (await startEmbeddedPostgres({ dataDir, packageDir })).stop();
      expect((await stat(join(dataDir, "cluster", "PG_VERSION"))).uid).toBe(ORDINARY_UID);
    });
  });

  it("may be an ordinary user with an empty environment", async () => {
    await mkdir(dataDir, { mode: 0o700 });
    const uid = await ordinaryUser(dataDir);
    const started = await startEmbeddedProcess({ dataDir, ...(isRoot && { uid }) });
    await stopEmbeddedProcess(started);
    expect(started.version).toMatch(/^18\./);
    expect((await stat(join(dataDir, "cluster"))).uid).toBe(uid);
  });

  it("need not have run the package's install script: its links are made in the package", async () => {
    const packageDir = await packageWithoutLinks();
    await (await startEmbeddedPostgres({ dataDir, packageDir })).stop();
    for (const { target } of await packageLinks(packageDir))
      await expect(stat(join(packageDir, target))).resolves.toBeDefined();
  });

  it("need not be able to write the package: its links are made in the data directory", async () => {
    const packageDir = await packageWithoutLinks();
    await chmod(join(packageDir, "native", "lib"), 0o555);
    await mkdir(dataDir, { mode: 0o700 });
    const uid = await ordinaryUser(dataDir);
    const started = await startEmbeddedProcess({ dataDir, packageDir, ...(isRoot && { uid }) });
    await stopEmbeddedProcess(started);
    expect(await readdir(join(dataDir, "lib"))).toHaveLength(
      (await packageLinks(packageDir)).length,
    );
    await chmod(join(packageDir, "native", "lib"), 0o755);
  });
});

/** Makes `path` an ordinary user's: the present one's, unless that is root. */
async function ordinaryUser(path: string): Promise<number> {
  if (isRoot) await chown(path, ORDINARY_UID, ORDINARY_UID);
  return (await stat(path)).uid;
}
