import { Refusal } from "../../shared/errors.ts";

/** A piece of a formula, and where it begins in the text, in characters from 0. */
export type Token =
  | { readonly kind: "number"; readonly text: string; readonly at: number }
  | { readonly kind: "name"; readonly text: string; readonly at: number }
  | { readonly kind: "sign"; readonly text: string; readonly at: number }
  | { readonly kind: "end"; readonly text: ""; readonly at: number };

/** Longer texts are refused before anything of them is read. */
const TEXT_MAX = 1_000;

const SPACE = /\s*/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** `close`, `rolling_mean`, `bbands_20_2.5`, and with a line `bbands_20_2.5.upper` */
const NAME = /[a-z][a-z0-9]*(?:_(?:\d+(?:\.\d+)?|[a-z][a-z0-9]*))*(?:\.[a-z][a-zA-Z0-9]*)?/y;
const SIGN = /<=|>=|==|!=|[-+*/^<>(),]/y;

/**
 * Cuts a formula into its pieces; the last is the end.
 * @throws Refusal FORMULA_INVALID, saying where, when it is too long or has a character that means nothing
 */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > TEXT_MAX) {
    throw badFormula(`expected ${TEXT_MAX} characters at most, found ${text.length}`, TEXT_MAX);
  }
  const tokens: Token[] = [];
  for (let at = afterSpace(text, 0); at < text.length;) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = afterSpace(text, at + token.text.length);
  }
  return [...tokens, { kind: "end", text: "", at: text.length }];
}

function tokenAt(text: string, at: number): Token {
  const number = matchAt(NUMBER, text, at);
  if (number !== null) return { kind: "number", text: number, at };
  const name = matchAt(NAME, text, at);
  if (name !== null) return { kind: "name", text: name, at };
  const sign = matchAt(SIGN, text, at);
  if (sign !== null) return { kind: "sign", text: sign, at };
  throw badFormula(`${JSON.stringify(text.slice(at, at + 1))} means nothing`, at);
}

function afterSpace(text: string, at: number): number {
  return at + (matchAt(SPACE, text, at) ?? "").length;
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** @param at where in the text, in characters from 0 */
export function badFormula(fault: string, at: number): Refusal {
  const message = `formula, at character ${at + 1}: ${fault}`;
  return new Refusal("invalid", "FORMULA_INVALID", message, { at });
}
