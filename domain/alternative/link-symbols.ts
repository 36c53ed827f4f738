/** What is known of an instrument's names. */
export interface NamedInstrument {
  readonly symbol: string;
  readonly name: string;
  /** other names that it goes by, e.g. a brand or a former name */
  readonly aliases: readonly string[];
}

/** How a text was tied to a symbol, surest first. */
export type LinkKind = "cashtag" | "listing" | "alias" | "name";

export interface SymbolLink {
  readonly symbol: string;
  readonly kind: LinkKind;
}

/** Legal forms and the like, which headlines leave out. */
const FORMS = new Set(
  `inc incorporated corp corporation co company companies plc ltd limited llc lp sa nv ag se ab asa oyj spa gmbh kgaa group
   holding holdings trust fund etf index class common stock ordinary shares adr the`.split(/\s+/),
);
/** Behind these a name says no more than which of its shares is meant. */
const LEGAL_FORMS = new Set(
  "inc incorporated corp corporation plc ltd limited llc sa nv ag se spa gmbh kgaa".split(" "),
);
/** May stand in a name in small letters. */
const JOINTS = new Set(["of", "and", "the", "for", "de", "&"]);
/** Names that are words of the language: alone they name nobody. */
const PLAIN_WORDS = new Set(
  `a all ally apple block box carnival dollar ford gap general global key match national nasdaq new newmont now oracle
   progressive public shell snap southern square standard target trade tree union unity universal visa zoom american
   international united first best capital energy financial bank air water power delta crown match host ball progress
   open life gold silver oil gas real simply well see it on so are be he you can has any for`.split(
    /\s+/,
  ),
);
/** With one of these beside it a plain word names a company. */
const COMPANY_WORDS = new Set(
  `inc corp plc ltd shares stock ceo cfo earnings revenue profit nyse nasdaq shareholders investors dividend quarterly
   analysts guidance results outlook sales`.split(/\s+/),
);
const LISTING =
  /\(\s*(?:NYSE|NASDAQ|NYSEAMERICAN|NYSE American|AMEX|LSE|XETRA|TSX|OTC)\s*:\s*([A-Z][A-Z0-9.-]{0,9})\s*\)/gi;
const CASHTAG = /(?<![\w$])\$([A-Z]{1,6}(?:[.-][A-Z]{1,3})?)(?![\w])/g;

/**
 * Ties texts to instruments: by cashtag (`$AAPL`), by listing (`(NASDAQ: AAPL)`), and by name without its legal form. A name that
 * is a word of the language (Gap, Target) counts only where it is written with a capital beside a word of company news.
 */
export class SymbolLinker {
  readonly #symbols: ReadonlySet<string>;
  /** by their first word */
  readonly #names = new Map<string, Name[]>();

  constructor(instruments: readonly NamedInstrument[]) {
    this.#symbols = new Set(instruments.map(({ symbol }) => symbol));
    for (const { symbol, name, aliases } of instruments) {
      this.#learn(symbol, name, "name");
      for (const alias of aliases) this.#learn(symbol, alias, "alias");
    }
  }

  /** Each symbol once, by its surest link, in the order of the text's mention within a kind. */
  link(text: string): readonly SymbolLink[] {
    const links = new Map<string, SymbolLink>();
    const add = (symbol: string, kind: LinkKind): void => {
      if (!links.has(symbol)) links.set(symbol, { symbol, kind });
    };
    for (const [, symbol = ""] of text.matchAll(CASHTAG))
      if (this.#symbols.has(symbol)) add(symbol, "cashtag");
    for (const [, symbol = ""] of text.matchAll(LISTING))
      if (this.#symbols.has(symbol.toUpperCase())) add(symbol.toUpperCase(), "listing");
    const words = wordsOf(text);
    for (const kind of ["alias", "name"] as const)
      for (const symbol of this.#named(words, kind)) add(symbol, kind);
    return [...links.values()];
  }

  #learn(symbol: string, name: string, kind: Name["kind"]): void {
    const words = withoutForm(wordsOf(name));
    const [first] = words;
    if (first === undefined || words.reduce((length, { small }) => length + small.length, 0) < 2)
      return;
    const known = this.#names.get(first.small) ?? [];
    known.push({ symbol, kind, words: words.map(({ small }) => small) });
    // Of names that begin alike the longest is meant.
    known.sort((a, b) => b.words.length - a.words.length);
    this.#names.set(first.small, known);
  }

  *#named(words: readonly Word[], kind: Name["kind"]): Generator<string> {
    for (let at = 0; at < words.length; at += 1) {
      const name = this.#names
        .get(words[at]?.small ?? "")
        ?.find((known) => known.kind === kind && isNamed(known, words, at));
      if (name === undefined) continue;
      yield name.symbol;
      at += name.words.length - 1;
    }
  }
}

interface Name {
  readonly symbol: string;
  readonly kind: "alias" | "name";
  readonly words: readonly string[];
}

interface Word {
  readonly small: string;
  readonly isCapital: boolean;
}

function wordsOf(text: string): readonly Word[] {
  return (text.match(/[\p{L}\d][\p{L}\d&.'’-]*/gu) ?? []).map((found) => {
    const word = found.replace(/(?:['’]s)?[.'’-]*$/u, "");
    return { small: word.toLowerCase(), isCapital: word !== word.toLowerCase() };
  });
}

function withoutForm(words: readonly Word[]): readonly Word[] {
  const legal = words.findIndex(({ small }, at) => at > 0 && LEGAL_FORMS.has(small));
  const named = legal === -1 ? words : words.slice(0, legal);
  const end = named.findLastIndex(({ small }) => !FORMS.has(small));
  const begin = named.findIndex(({ small }) => small !== "the");
  return named.slice(Math.max(begin, 0), end + 1);
}

function isNamed(name: Name, words: readonly Word[], at: number): boolean {
  const found = words.slice(at, at + name.words.length);
  if (!name.words.every((word, index) => found[index]?.small === word)) return false;
  // A name in small letters is a word: "the apple harvest".
  if (!found.every(({ isCapital, small }) => isCapital || JOINTS.has(small) || /\d/.test(small)))
    return false;
  if (!name.words.every((word) => PLAIN_WORDS.has(word))) return true;
  const beside = words.slice(Math.max(0, at - 6), at + name.words.length + 6);
  return beside.some(({ small }) => COMPANY_WORDS.has(small));
}
