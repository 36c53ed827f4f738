/** What vendors call our symbols, unless an operator has said otherwise for one. */
type SymbolAt = (symbol: string) => string;

/** `BRK.B`, where we may say `BRK-B`. */
export const withDot: SymbolAt = (symbol) => symbol.replace(/^([A-Z]+)-([A-Z])$/, "$1.$2");

/** `BRK-B`, where we may say `BRK.B`. */
export const withHyphen: SymbolAt = (symbol) => symbol.replace(/^([A-Z]+)\.([A-Z])$/, "$1-$2");

/** `BTCUSDT`, where we say `BTC-USDT`. */
export const joined: SymbolAt = (symbol) => symbol.replaceAll(/[-/_]/g, "").toUpperCase();

/** `BTC/USDT`. */
export const slashed: SymbolAt = (symbol) => symbol.replace("-", "/");

/** `X:BTCUSD` for a pair, `I:SPX` for `^SPX`, `BRK.B` for a class of shares. */
export const atPolygon: SymbolAt = (symbol) => {
  const [, base, quote] = /^([A-Z0-9]{2,10})-([A-Z]{3,5})$/.exec(symbol) ?? [];
  if (base !== undefined && quote !== undefined) return `X:${base}${quote}`;
  return symbol.startsWith("^") ? `I:${symbol.slice(1)}` : withDot(symbol);
};

/** `aapl.us`: whatever names no place is American. */
export const atStooq: SymbolAt = (symbol) => {
  const name = withHyphen(symbol).toLowerCase();
  return /[.^=]/.test(name) ? name : `${name}.us`;
};
