import { ServiceBroker } from "moleculer";
import {
  createLogger,
  type Logger,
  type LoggingOptions,
  moleculerLogger,
  withIds,
} from "../../../services/logging.ts";

function capture(options: Partial<LoggingOptions> = {}): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const logger = createLogger({ level: "info", format: "json", nodeId: "n1", write, ...options });
  return { logger, lines };
}

/** The records as JSON, one a line. */
function records(lines: readonly string[]): unknown[] {
  return lines.map((line): unknown => JSON.parse(line));
}

describe("a JSON log", () => {
  it("is one object a line: time in ISO 8601, the level by name, the node, fields, message", () => {
    const { logger, lines } = capture();
    logger.info({ symbol: "AAPL", qty: "10" }, "order placed");
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(records(lines)).toEqual([
      {
        level: "info",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
        nodeId: "n1",
        symbol: "AAPL",
        qty: "10",
        msg: "order placed",
      },
    ]);
  });

  it("carries request, actor and order on every line of a child", () => {
    const { logger, lines } = capture();
    const ids = { requestId: "r-1", actor: "order:01J", orderId: "01J" };
    withIds(logger, ids).warn("late fill");
    expect(records(lines)).toMatchObject([{ level: "warn", ...ids, msg: "late fill" }]);
  });

  it("leaves out what is below its level", () => {
    const { logger, lines } = capture({ level: "warn" });
    logger.info("quiet");
    logger.error("loud");
    expect(records(lines)).toMatchObject([{ msg: "loud" }]);
  });

  it("an error is its type, message, stack and fields, wherever it stands among the arguments", () => {
    const { logger, lines } = capture();
    const error = Object.assign(new RangeError("too much"), { code: "E1" });
    const expected = { err: { type: "RangeError", message: "too much", code: "E1" } };
    logger.error(error);
    logger.error({ err: error }, "failed");
    // Moleculer's order, which pino would read as printf arguments and drop.
    Reflect.apply(logger.error, logger, ["failed", error, { attempt: 2 }, 7]);
    expect(records(lines)).toMatchObject([
      { ...expected, msg: "too much" },
      { ...expected, msg: "failed" },
      { ...expected, data: [{ attempt: 2 }], msg: "failed 7" },
    ]);
    expect(lines[0]).toContain("logging.spec.ts");
  });

  it("what refers to itself, has no JSON or is too deep does not stop the line", () => {
    const { logger, lines } = capture();
    const self: Record<string, unknown> = { big: 2n ** 64n, bytes: Buffer.alloc(5) };
    self["self"] = self;
    let deep: object = {};
    for (let level = 0; level < 50; level += 1) deep = { deep };
    logger.info({ self, deep, at: new Date(0) }, "odd");
    expect(records(lines)).toMatchObject([
      {
        self: { big: "18446744073709551616", bytes: "[5 bytes]", self: "[circular]" },
        at: "1970-01-01T00:00:00.000Z",
      },
    ]);
    expect(lines[0]).toContain("[too deep]");
  });
});

describe("secrets", () => {
  const SECRET = "hunter2hunter2";

  it.each([
    "password",
    "newPassword",
    "DB_PASSWORD",
    "token",
    "accessToken",
    "refresh_token",
    "authorization",
    "Authorization",
    "proxy-authorization",
    "secret",
    "clientSecret",
    "JWT_SECRET_KEY",
    "X-API-Key",
    "cookie",
    "set-cookie",
    "privateKey",
    "credentials",
    "passwordHash",
    "totp",
    "secretKey",
    "sealed",
    "CREDENTIALS_KEY",
  ])("the value of %s is never written, at any depth", (name) => {
    const { logger, lines } = capture();
    logger.info({ [name]: SECRET, deep: { list: [{ [name]: { inner: SECRET } }] } }, "m");
    expect(lines[0]).not.toContain(SECRET);
    expect(lines[0]).toContain("[redacted]");
  });

  it("nor when it is a field of an error, or of a cause", () => {
    const { logger, lines } = capture();
    const cause = Object.assign(new Error("inner"), { config: { password: SECRET } });
    logger.error(Object.assign(new Error("outer", { cause }), { data: { token: SECRET } }));
    expect(lines[0]).not.toContain(SECRET);
  });

  it("nor when it is bound to a child", () => {
    const { logger, lines } = capture();
    logger.child({ token: SECRET, password: SECRET }).info("m");
    expect(lines[0]).not.toContain(SECRET);
  });

  it.each([
    `cannot reach postgres://qa:${SECRET}@db/qa`,
    `redis://:${SECRET}@cache refused`,
    `header was Bearer ${SECRET}`,
    `header was Basic ${SECRET}=`,
    `jwt eyJ${SECRET}.eyJ${SECRET}.${SECRET}`,
  ])("nor inside a text: %s", (text) => {
    const { logger, lines } = capture();
    logger.info(text);
    logger.error(new Error(text));
    logger.info({ url: text }, "m");
    expect(lines.join("")).not.toContain(SECRET);
  });

  it("what only sounds like one is written", () => {
    const { logger, lines } = capture();
    const fields = { tokensLeft: 3, idempotencyKey: "k", author: "me" };
    logger.info(fields, "GET http://host:8080/a@b");
    expect(records(lines)).toMatchObject([{ ...fields, msg: "GET http://host:8080/a@b" }]);
  });
});

describe("a text log", () => {
  it("is time, level, message, then the fields by name", () => {
    const { logger, lines } = capture({ format: "text" });
    withIds(logger, { orderId: "01J" }).info({ qty: 3, nested: { a: [1] } }, "placed");
    expect(lines[0]).toMatch(
      /^\d{4}-\S+Z INFO {2}placed nodeId=n1 orderId=01J qty=3 nested=\{"a":\[1\]\}\n$/,
    );
  });

  it("ends with the stack of an error, indented, and what else the error carries", () => {
    const { logger, lines } = capture({ format: "text" });
    logger.error({ err: Object.assign(new TypeError("bad"), { code: "E7" }) }, "failed");
    expect(lines[0]).toMatch(/ERROR failed nodeId=n1\n {4}TypeError: bad\n {8}at /);
    expect(lines[0]).toContain('    {"code":"E7"}\n');
  });
});

it("Moleculer writes its own lines through the same logger, with module and service", async () => {
  const { logger, lines } = capture();
  const broker = new ServiceBroker({ logger: moleculerLogger(logger), nodeID: "n1" });
  const service = broker.createService({ name: "probe" });
  service.logger.error("from a service", new Error("with a reason"));
  service.logger.debug("below the level");
  await broker.stop();
  expect(records(lines)).toContainEqual(
    expect.objectContaining({
      svc: "probe",
      mod: "probe",
      msg: "from a service",
      err: expect.objectContaining({ message: "with a reason" }) as unknown,
    }),
  );
  expect(lines.join("")).not.toContain("below the level");
});
