import { isRecord } from "../../../mixins/rest/schema.ts";

/** What a vendor says at a name, whatever it is; never what objects inherit. */
export function at(answer: unknown, name: string): unknown {
  return isRecord(answer) && Object.hasOwn(answer, name) ? answer[name] : undefined;
}

/** The list at a name; null when there is none. */
export function listAt(answer: unknown, name: string): readonly unknown[] | null {
  const found = at(answer, name);
  return Array.isArray(found) ? found : null;
}

export function textAt(answer: unknown, name: string): string | null {
  const found = at(answer, name);
  if (typeof found === "number") return String(found);
  return typeof found === "string" && found !== "" ? found : null;
}
