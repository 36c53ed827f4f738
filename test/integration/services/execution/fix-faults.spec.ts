import { eventually } from "../../../support/node-eventually.ts";
import { FixAccount } from "./fix-account.ts";

/** Waits until the counterparty has nothing of ours to ask for, and we nothing of it. */
async function inStep({ server }: FixAccount): Promise<void> {
  const before = server.heard.length;
  await eventually("the next words of the session", () => {
    const isBeyond = server.heard.slice(before).some(({ type }) => type === "0" || type === "1");
    return server.isLoggedOn && isBeyond ? true : null;
  });
}

describe("an order over a session that breaks", () => {
  let account: FixAccount;

  beforeAll(async () => {
    account = await FixAccount.open();
    await account.listening();
  });
  afterEach(() => account.server.heal());
  afterAll(() => account.close());

  const sendings = (orderId: string) =>
    account.server.raw.filter(
      ({ type, pairs }) => type === "D" && pairs.some(([, v]) => v === orderId),
    );

  it("is one order when the line is cut after it was taken, and nobody is in doubt", async () => {
    account.server.fault("cutAfterOrder");
    const orderId = await account.resting();
    expect(account.made(orderId)).toBe(1);
    expect(sendings(orderId)).toHaveLength(1);
    expect(await account.events(orderId)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
    ]);
  });

  it("is sent again under its number when the line is cut before it was received", async () => {
    account.server.fault("cutBeforeOrder");
    const orderId = await account.resting();
    const [first, second, ...more] = sendings(orderId);
    expect([first?.get(43), second?.get(43), second?.seq, more]).toEqual([
      undefined,
      "Y",
      first?.seq,
      [],
    ]);
    expect(second?.get(122)).toBe(first?.get(52));
    expect(account.made(orderId)).toBe(1);
  });

  it("is not sent again when the counterparty has answered it and asks for everything once more", async () => {
    const orderId = await account.resting();
    const before = sendings(orderId).length;
    account.server.admin([
      [35, "2"],
      [7, 1],
      [16, 0],
    ]);
    await inStep(account);
    expect(sendings(orderId)).toHaveLength(before);
    expect(account.server.raw.some((words) => words.get(123) === "Y")).toBe(true);
  });

  it("waits for the session, and is sent when it is there", async () => {
    account.server.isClosed = true;
    account.server.cut();
    const orderId = await account.place();
    account.server.isClosed = false;
    await account.until(orderId, "new");
    expect(account.made(orderId)).toBe(1);
  });

  it("that was not found, and is there, is refused as a repeat and recognised", async () => {
    account.server.fault("silentOrder", "unknownStatus");
    const orderId = await account.place();
    await account.until(orderId, "unknown");
    // It is not found, for as long as it may not be sent again.
    const again = await eventually("a second sending", () => {
      if (sendings(orderId).length < 2) account.server.fault("unknownStatus");
      return sendings(orderId)[1] ?? null;
    });
    expect(again.get(97)).toBe("Y");
    account.server.heal();
    await account.until(orderId, "new");
    expect(account.made(orderId)).toBe(1);
  });

  it.each(["businessReject", "sessionReject"] as const)("ends by a %s", async (fault) => {
    account.server.fault(fault);
    const orderId = await account.place();
    expect(await account.until(orderId, "rejected")).toMatchObject({ text: "not like this" });
    expect(account.made(orderId)).toBe(0);
  });

  it("that is rejected says why", async () => {
    account.server.fault("rejectOrder");
    const orderId = await account.place();
    expect(await account.until(orderId, "rejected")).toMatchObject({ text: "over the limit" });
  });

  it("expires when the venue says so", async () => {
    const orderId = await account.resting();
    account.server.expire(orderId);
    expect((await account.until(orderId, "expired")).cumQuantity).toBe("0");
  });

  it.each(["loseNext", "garbleNext"] as const)(
    "is filled though its report meets %s",
    async (fault) => {
      const orderId = await account.resting();
      account.server.fault(fault);
      account.server.fill(orderId, "99", 4);
      account.server.fill(orderId, "98.5");
      expect(await account.until(orderId, "filled")).toMatchObject({ averagePrice: "98.7" });
      await account.node.settled();
      expect(await account.trades(orderId)).toHaveLength(2);
    },
  );

  it("is filled in order though the line brings reports out of order", async () => {
    const orderId = await account.resting();
    account.server.fault("swapNext");
    for (const quantity of [2, 3, 5]) account.server.fill(orderId, "99", quantity);
    await account.until(orderId, "filled");
    await account.node.settled();
    const trades = await account.trades(orderId);
    expect(trades.map(({ quantity }) => quantity)).toEqual(["2", "3", "5"]);
  });

  it("hears nothing new when everything is said again", async () => {
    const orderId = await account.resting();
    account.server.fill(orderId, "99");
    await account.until(orderId, "filled");
    await account.node.settled();
    const before = await account.events(orderId);
    account.server.repeatAll();
    await inStep(account);
    await account.node.settled();
    expect(await account.events(orderId)).toEqual(before);
  });

  it("goes on when the counterparty jumps ahead with its numbers", async () => {
    const orderId = await account.resting();
    account.server.book.nextOut += 10;
    const { nextOut } = account.server.book;
    const jump = account.server.dressed(
      [
        [35, "4"],
        [36, nextOut],
      ],
      1,
    );
    account.server.sayRaw(jump);
    account.server.fill(orderId, "99");
    expect((await account.until(orderId, "filled")).cumQuantity).toBe("10");
  });

  it("goes on when numbers begin anew on the standing line", async () => {
    const orderId = await account.resting();
    account.server.resetOnLine();
    await eventually("the answer", () => (account.server.book.nextIn > 1 ? true : null));
    account.server.fill(orderId, "99", 4);
    await account.until(orderId, "partiallyFilled");
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
    expect(account.server.of("F").at(-1)?.seq).toBeLessThan(50);
  });

  it("is canceled by its newest name, with a name for the cancel", async () => {
    const orderId = await account.resting();
    await account.amend(orderId, { price: "98" });
    await account.until(orderId, "new");
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
    const cancel = account.server.of("F").at(-1);
    const digits = orderId.replaceAll("-", "");
    expect([cancel?.get(11), cancel?.get(41), cancel?.get(38)]).toEqual([
      `${digits}c1`,
      `${digits}r1`,
      "10",
    ]);
  });
});

describe("a session that moves to another node", () => {
  let account: FixAccount;

  beforeAll(async () => {
    account = await FixAccount.open();
    await account.listening();
  });
  afterAll(() => account.close());

  it("says farewell, goes on with its numbers, and hears what happened in between", async () => {
    const orderId = await account.resting();
    const comeBack = await account.leave();
    expect(account.server.heard.at(-1)?.type).toBe("5");
    account.server.fill(orderId, "99");
    await comeBack();
    await account.until(orderId, "filled");
    const logons = account.server.raw.filter(({ type }) => type === "A");
    expect(logons.map((words) => words.get(141))).toEqual(logons.map(() => undefined));
    expect(logons.findLast(() => true)?.seq).toBeGreaterThan(1);
  });

  it("after a crash between record and line sends the order, once", async () => {
    account.server.isClosed = true;
    account.server.cut();
    const orderId = await account.place();
    await eventually("the order in the store", async () =>
      (await account.store().find(orderId)) === null ? null : true,
    );
    // Another owner takes the session, puts the order on record as sent, and is no more.
    const { epoch } = await account.store().claim();
    const sent = await account.store().dispatch(epoch, 10, Date.now());
    expect(sent.map(({ clientId }) => clientId)).toEqual([orderId]);
    const comeBack = await account.leave();
    account.server.heal();
    await comeBack();
    await account.until(orderId, "new");
    expect(account.made(orderId)).toBe(1);
    expect(account.server.of("D").at(-1)?.get(43)).toBe("Y");
  });

  it("that was taken while its holder was frozen is let go, and no order goes twice", async () => {
    const { epoch } = await account.store().claim();
    const orderId = await account.place();
    await eventually("the end of the line", () => (account.server.isLoggedOn ? null : true));
    expect(account.made(orderId)).toBe(0);
    // The other one is no more; whoever has the duty claims the session anew.
    await account.until(orderId, "new");
    expect(account.made(orderId)).toBe(1);
    await expect(account.store().takeNumber(epoch)).rejects.toThrow("another node");
  });

  it("after a crash between a report and its record hears it again, and counts it once", async () => {
    const orderId = await account.resting();
    account.server.fill(orderId, "99", 4);
    await account.until(orderId, "partiallyFilled");
    const comeBack = await account.leave();
    await account.node.database.pool.query("UPDATE fix.session SET next_in = 1");
    await comeBack();
    account.server.fill(orderId, "99");
    await account.until(orderId, "filled");
    await account.node.settled();
    expect(await account.trades(orderId)).toHaveLength(2);
    expect(await account.events(orderId)).not.toContain("ReportConflicted");
  });
});
