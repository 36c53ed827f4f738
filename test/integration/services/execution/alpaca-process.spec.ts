import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Control, Dump } from "../../../support/alpaca-server.ts";

/** For suites whose broker has to outlive their nodes: the same server, steered from outside. */
describe("the broker as a process of its own", () => {
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    const script = join(__dirname, "../../../support/alpaca-server-process.ts");
    child = spawn(process.execPath, [script], {
      env: { ...process.env, ALPACA_CONTROL: JSON.stringify({ prices: { ACME: "5" } }) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = child.stdout === null ? [] : await once(child.stdout, "data");
    url = String(line).trim();
  });

  afterAll(async () => {
    child.kill();
    await once(child, "exit");
  });

  const headers = { "apca-api-key-id": "PKTEST", "apca-api-secret-key": "sesame" };

  const post = (clientOrderId: string) =>
    fetch(`${url}/v2/orders`, {
      method: "POST",
      headers,
      body: JSON.stringify({
        client_order_id: clientOrderId,
        symbol: "ACME",
        qty: "2",
        side: "buy",
      }),
    });

  async function control(command?: Control): Promise<Dump> {
    const init = command && { method: "POST", body: JSON.stringify(command) };
    const answer = await fetch(`${url}/__control`, init);
    // sound: what the server answers with
    return (await answer.json()) as Dump;
  }

  it("shows every sending, every order and every fill", async () => {
    await post("a");
    const { status } = await post("a");
    expect(status).toBe(422);
    const { posts, orders, fills, positions } = await control();
    expect(posts).toEqual([
      { clientOrderId: "a", status: 200 },
      { clientOrderId: "a", status: 422 },
    ]);
    expect(orders).toMatchObject([{ client_order_id: "a", status: "filled" }]);
    expect(fills).toMatchObject([{ qty: "2", price: "5" }]);
    expect(positions).toEqual({ ACME: "2" });
  });

  it("misbehaves when it is told to", async () => {
    await control({ faults: [{ on: "POST /v2/orders", kind: "dropAfter", times: 1 }] });
    await expect(post("b")).rejects.toThrow("fetch failed");
    expect((await control()).posts.at(-1)).toEqual({ clientOrderId: "b", status: 200 });
  });
});
