import { AlpacaServer, type Control } from "./alpaca-server.ts";

/**
 * The server as a process of its own: `PORT` (0 lets the system choose), `ALPACA_KEY_ID`, `ALPACA_SECRET_KEY`, and
 * `ALPACA_CONTROL`, a `Control` as JSON that holds from the start. It prints its URL, and is steered and asked over
 * `/__control`.
 */
const { PORT = "0", ALPACA_KEY_ID, ALPACA_SECRET_KEY, ALPACA_CONTROL } = process.env;

const server = await AlpacaServer.start({
  port: Number(PORT),
  ...(ALPACA_KEY_ID !== undefined && { keyId: ALPACA_KEY_ID }),
  ...(ALPACA_SECRET_KEY !== undefined && { secretKey: ALPACA_SECRET_KEY }),
});
// sound: whoever starts it writes it
if (ALPACA_CONTROL !== undefined) server.control(JSON.parse(ALPACA_CONTROL) as Control);
console.log(server.url);
