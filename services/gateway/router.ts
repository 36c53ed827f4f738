import type { AnyRoute } from "../../mixins/rest/route.ts";

/** What of moleculer-web's aliases is used here. */
export interface Alias {
  readonly method: string;
  readonly fullPath: string;
  readonly action: string;
  readonly route: object;
  /** the path's parameters; false when it is another path */
  match(url: string): { readonly [name: string]: string } | false;
}

export interface Found {
  readonly alias: Alias;
  readonly params: { readonly [name: string]: string };
}

/** `METHOD /path/:name` → action, as moleculer-web takes them. */
export function aliasesOf(routes: readonly AnyRoute[]): { readonly [alias: string]: string } {
  return Object.fromEntries(
    routes.map(({ method, path, action }) => [
      `${method} ${path.replace(/\{(\w+)\}/g, ":$1")}`,
      action,
    ]),
  );
}

/**
 * Finds aliases. moleculer-web tries one regular expression after the other; paths without parameters are looked up here
 * instead, and the others are parted by method.
 */
export class Router {
  readonly #fixed = new Map<string, Alias>();
  readonly #byMethod = new Map<string, Alias[]>();
  readonly #all: readonly Alias[];

  constructor(aliases: readonly Alias[]) {
    this.#all = aliases;
    for (const alias of aliases) {
      if (!alias.fullPath.includes(":")) {
        this.#fixed.set(`${alias.method} ${alias.fullPath}`, alias);
        continue;
      }
      const sameMethod = this.#byMethod.get(alias.method) ?? [];
      sameMethod.push(alias);
      this.#byMethod.set(alias.method, sameMethod);
    }
  }

  /** HEAD is answered as GET, without the body. */
  find(url: string, method: string): Found | null {
    const as = method === "HEAD" ? "GET" : method;
    const fixed = this.#fixed.get(`${as} ${url}`);
    if (fixed) return { alias: fixed, params: {} };
    for (const alias of this.#byMethod.get(as) ?? []) {
      const params = alias.match(url);
      if (params) return { alias, params };
    }
    return null;
  }

  /** What a path can be asked, for `Allow`; empty when there is no such path. */
  methodsAt(url: string): readonly string[] {
    const methods = this.#all.filter((alias) => alias.match(url)).map(({ method }) => method);
    return methods.includes("GET") ? ["HEAD", ...methods] : methods;
  }
}
