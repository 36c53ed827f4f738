import { once } from "node:events";
import net from "node:net";
import { eventually } from "../support/node-eventually.ts";
import { type TcpProxy, proxyTo } from "../support/tcp-proxy.ts";

/** A server that sends back what it gets, and a wire to it. */
describe("a proxied wire", () => {
  let server: net.Server;
  let proxy: TcpProxy;
  let arrived: string;

  beforeEach(async () => {
    arrived = "";
    server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        arrived += bytes.toString();
        socket.write(bytes);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    // sound: it listens on TCP
    const { port } = server.address() as net.AddressInfo;
    proxy = await proxyTo(`tcp://127.0.0.1:${port}`, port, () => 0);
  });

  afterEach(async () => {
    await proxy.cut();
    server.close();
  });

  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect(proxy.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };

  const told = async (socket: net.Socket): Promise<string> => {
    const [bytes]: unknown[] = await once(socket, "data");
    return String(bytes);
  };

  it("passes bytes both ways", async () => {
    const socket = await connect();
    socket.write("hello");
    expect(await told(socket)).toBe("hello");
  });

  it("delays, in order", async () => {
    const socket = await connect();
    proxy.setWeather({ delayMs: 60 }, ["toServer"]);
    const sentMs = performance.now();
    socket.write("late");
    expect(await told(socket)).toBe("late");
    expect(performance.now() - sentMs).toBeGreaterThan(55);
  });

  it("is as narrow as it is told to be", async () => {
    const socket = await connect();
    proxy.setWeather({ bytesPerSecond: 10_000 }, ["toServer"]);
    const sentMs = performance.now();
    socket.write("x".repeat(1_000));
    await told(socket);
    expect(performance.now() - sentMs).toBeGreaterThan(95);
  });

  it("held one way, lets the other pass, and delivers what it held once it clears", async () => {
    const socket = await connect();
    proxy.setWeather({ isHeld: true }, ["toClient"]);
    socket.write("heard");
    await eventually("the bytes at the server", () => arrived || null);
    const answer = told(socket);
    await proxy.clear();
    expect(await answer).toBe("heard");
  });

  it("breaks the connection of a chunk that it drops", async () => {
    const socket = await connect();
    proxy.setWeather({ dropChance: 1 });
    socket.write("lost");
    await once(socket, "close");
    expect(arrived).toBe("");
  });

  it("refuses while it is cut, and takes connections again once it is mended", async () => {
    const socket = await connect();
    const closed = once(socket, "close");
    await proxy.cut();
    await closed;
    await expect(connect()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await proxy.mend();
    const again = await connect();
    again.write("back");
    expect(await told(again)).toBe("back");
  });
});
