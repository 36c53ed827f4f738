import { migrate } from "../models/postgres/migrate.ts";
import { createPool } from "../models/postgres/pool.ts";

/** `node scripts/init-db.ts URL`: brings a database up to date, as a start of the product does too. */
const [url] = process.argv.slice(2);
if (url === undefined) {
  console.error("usage: node scripts/init-db.ts postgres://user:password@host:5432/database");
  process.exit(2);
}
const pool = createPool(url, {
  max: 2,
  applicationName: "init-db",
  onError: (error) => console.error(error.message),
});
const { applied, version } = await migrate(pool);
console.log(
  applied.length === 0 ? `up to date (version ${version})` : `applied ${applied.join(", ")}`,
);
await pool.end();
