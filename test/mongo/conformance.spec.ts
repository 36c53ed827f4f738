import { randomBytes } from "node:crypto";
import { type Documents, openDocuments } from "../../models/documents/connect.ts";
import { describeDocuments } from "../integration/models/documents/conformance.ts";

const given = process.env["MONGO_URL"];
if (given === undefined || given === "") {
  throw new Error(
    "npm run test:mongo asks a MongoDB: set MONGO_URL, e.g. mongodb://127.0.0.1:27017",
  );
}

/** A database of its own on the server, dropped at the end. */
function ownDatabase(url: string): string {
  const own = new URL(url);
  own.pathname = `/qa_test_${randomBytes(6).toString("hex")}`;
  return own.href;
}

describe("documents over MongoDB", () => {
  let documents: Documents | null = null;
  const connect = () => {
    if (documents === null) throw new Error("the connection exists only while tests run");
    return documents.connection;
  };
  beforeAll(async () => {
    documents = await openDocuments(
      { mongoUrl: ownDatabase(given) },
      { onError: (error) => console.error(error) },
    );
  });
  afterAll(async () => {
    await documents?.connection.dropDatabase();
    await documents?.close();
  });

  describeDocuments(connect);
});
