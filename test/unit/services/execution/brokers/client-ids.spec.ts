import * as fc from "fast-check";
import { uuidv5 } from "../../../../../mixins/actor/ids.ts";
import {
  clientIdOf,
  orderIdOf,
  orderIdOfShort,
  revisionOf,
  shortIdOf,
} from "../../../../../services/execution/brokers/client-ids.ts";

const NAMESPACE = "5d0c1f2e-8b47-4a63-9e15-f27c60b8d394";
const orderIds = fc.string().map((name) => uuidv5(NAMESPACE, name));
const revisions = fc.integer({ min: 0, max: 999 });

describe("client order ids", () => {
  it("lead back to their order and revision", () => {
    fc.assert(
      fc.property(orderIds, revisions, (orderId, revision) => {
        const clientId = clientIdOf(orderId, revision);
        expect([orderIdOf(clientId), revisionOf(clientId)]).toEqual([orderId, revision]);
      }),
    );
  });

  it("fit in 36 letters, digits and dashes", () => {
    fc.assert(
      fc.property(orderIds, revisions, (orderId, revision) => {
        expect(clientIdOf(orderId, revision)).toMatch(/^[a-z0-9-]{1,36}$/);
      }),
    );
  });

  it("differ from revision to revision", () => {
    fc.assert(
      fc.property(orderIds, revisions, revisions, (orderId, one, other) => {
        expect(clientIdOf(orderId, one) === clientIdOf(orderId, other)).toBe(one === other);
      }),
    );
  });

  it.each([
    "",
    "web_7f3a",
    // of version 4
    "0b0e7a3c-6a51-4d0e-9d0e-0a4a3f0c9b11",
    "0b0e7a3c6a514d0e9d0e0a4a3f0c9b11r1",
    // no revision is written so
    "0b0e7a3c6a515d0e9d0e0a4a3f0c9b11",
    "0b0e7a3c6a515d0e9d0e0a4a3f0c9b11r0",
    "0b0e7a3c6a515d0e9d0e0a4a3f0c9b11r01",
    "0b0e7a3c6a515d0e9d0e0a4a3f0c9b11r1000",
    "0B0E7A3C-6A51-5D0E-9D0E-0A4A3F0C9B11",
  ])("of others are not taken for ours: %j", (clientId) => {
    expect([orderIdOf(clientId), revisionOf(clientId)]).toEqual([null, null]);
  });

  it("are not made of what is no order's id, nor for a revision that does not fit", () => {
    const orderId = uuidv5(NAMESPACE, "order");
    expect(() => clientIdOf("order-1", 0)).toThrow("an order's id, found order-1");
    for (const revision of [-1, 0.5, 1_000, Number.NaN])
      expect(() => clientIdOf(orderId, revision)).toThrow("a revision from 0 to 999");
  });
});

describe("short client order ids", () => {
  it("are 22 letters and digits that lead back to their order", () => {
    fc.assert(
      fc.property(orderIds, (orderId) => {
        const short = shortIdOf(orderId);
        expect(short).toMatch(/^[0-9A-Za-z]{22}$/);
        expect(orderIdOfShort(short)).toBe(orderId);
      }),
    );
  });

  it("are the id's 128 bits as a number to the base of 62", () => {
    // python: n = 0x0b0e7a3c6a515d0e9d0e0a4a3f0c9b11; digits 0-9A-Za-z
    expect(shortIdOf("0b0e7a3c-6a51-5d0e-9d0e-0a4a3f0c9b11")).toBe("0KrWyKxEXxvAhp3clt7Fxp");
  });

  it.each([
    "",
    "zzzzzzzzzzzzzzzzzzzzzz",
    "0000000000000000000000",
    "web",
    "0KrWyKxEXxvAhp3clt7F-p",
  ])("of others are not taken for ours: %j", (short) => expect(orderIdOfShort(short)).toBeNull());
});
