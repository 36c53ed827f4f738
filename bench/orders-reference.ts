import { createSecretKey, randomUUID } from "node:crypto";
import Fastify from "fastify";
import jwt from "jsonwebtoken";
import { createPool } from "../models/postgres/pool.ts";
import { serve } from "./orders-process.ts";
import type { Served } from "./orders-process.ts";

interface Body {
  readonly portfolioId: string;
  readonly symbol: string;
  readonly side: string;
  readonly type: string;
  readonly quantity: string;
  readonly price: string;
  readonly timeInForce: string;
}

const text = { type: "string" } as const;
const schema = {
  body: {
    type: "object",
    required: ["portfolioId", "symbol", "side", "type", "quantity", "price", "timeInForce"],
    additionalProperties: false,
    properties: {
      portfolioId: text,
      symbol: text,
      side: text,
      type: text,
      quantity: text,
      price: text,
      timeInForce: text,
    },
  },
};

/** The least that a durable order costs: a bare Fastify route that checks the JWT and does one INSERT. */
async function start(): Promise<Served> {
  const { DATABASE_URL = "", JWT_SECRET_KEY = "" } = process.env;
  const key = createSecretKey(JWT_SECRET_KEY, "utf8");
  const pool = createPool(DATABASE_URL, {
    max: 20,
    applicationName: "bench-reference",
    onError: () => undefined,
  });
  await pool.query(
    `CREATE TABLE plain_order (order_id uuid PRIMARY KEY, user_id text NOT NULL, portfolio_id text NOT NULL, symbol text NOT NULL,
       side text NOT NULL, type text NOT NULL, quantity numeric NOT NULL, price numeric NOT NULL, time_in_force text NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now())`,
  );
  const app = Fastify();
  app.post<{ Body: Body }>("/api/orders", { schema }, async (request, reply) => {
    const token = request.headers.authorization?.slice("Bearer ".length) ?? "";
    const userId = jwt.verify(token, key, { algorithms: ["HS256"] }).sub;
    const { portfolioId, symbol, side, type, quantity, price, timeInForce } = request.body;
    const orderId = randomUUID();
    await pool.query({
      name: "insert-order",
      text: "INSERT INTO plain_order VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      values: [orderId, userId, portfolioId, symbol, side, type, quantity, price, timeInForce],
    });
    return reply.code(201).send({ ...request.body, orderId, status: "new" });
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    url,
    stop: async () => {
      await app.close();
      await pool.end();
    },
  };
}

serve(start);
