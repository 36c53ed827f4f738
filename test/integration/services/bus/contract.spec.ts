import { NatsServer, describeWithNats } from "../../../support/nats-server.ts";
import { claimsOfBuses } from "./contract.ts";

describe("the bus inside the process", () => {
  claimsOfBuses(() => ({}));
});

describeWithNats("the bus over JetStream", () => {
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.remove());

  claimsOfBuses(() => ({ servers: [nats.url] }));
});
