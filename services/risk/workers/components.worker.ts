import {
  type Keep,
  type PrincipalComponents,
  principalComponents,
} from "../../../domain/risk/factors/principal.ts";

export interface ComponentsAsked {
  readonly columns: readonly ArrayLike<number>[];
  readonly keep: Keep;
}

export function componentsInThread({ columns, keep }: ComponentsAsked): PrincipalComponents | null {
  return principalComponents(columns, keep);
}
