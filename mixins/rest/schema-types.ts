import type { ActionParams } from "moleculer";
import type { Json } from "../../domain/shared/json.ts";
import type { FieldError } from "./readers.ts";

/** A rule of fastest-validator, as Moleculer's `params` take it. */
export interface Rule {
  readonly type: string;
  readonly [option: string]: unknown;
}

export type JsonSchema = { readonly [keyword: string]: Json };
export type Definitions = Map<string, JsonSchema>;

/**
 * One description of a value, from which come its validation, its TypeScript type (`Infer`) and its documentation.
 * Rules and documents are made afresh at each call: fastest-validator changes the rules that it is given, and takes one
 * that it meets twice for a cycle.
 */
export interface Schema<T> {
  rule(): Rule;
  /** JSON Schema 2020-12; named parts are put into `definitions` and referred to. */
  doc(definitions: Definitions): JsonSchema;
  /** Reads the text of a query parameter. What cannot be read is left as text, for the rule to refuse. */
  fromQuery(text: string): unknown;
  readonly isOptional: boolean;
  readonly hasDefault?: true;
  readonly isDecimal?: true;
  readonly fields?: Shape;
  readonly items?: Schema<unknown>;
  /** never there at run time: it carries the type */
  readonly output?: T;
}

export interface OptionalSchema<T> extends Schema<T> {
  readonly isOptional: true;
}

export type Shape = { readonly [field: string]: Schema<unknown> };

export type Infer<S> = S extends { readonly output?: infer T } ? T : never;

type OptionalKey<F extends Shape> = {
  [K in keyof F]: F[K] extends { readonly isOptional: true } ? K : never;
}[keyof F];

/** What an object of these fields is after validation. */
export type Output<F extends Shape> = {
  readonly [K in Exclude<keyof F, OptionalKey<F>>]: Infer<F[K]>;
} & { readonly [K in OptionalKey<F>]?: Infer<F[K]> };

export interface ObjectSchema<F extends Shape> extends Schema<Output<F>> {
  readonly fields: F;
  /** for `params` of a Moleculer action: strict, so that an unknown field is refused */
  readonly validator: ActionParams;
}

/** Rules that span fields; called with what passed or failed the rules of the fields, so it checks types itself. */
export type CrossCheck = (value: { readonly [field: string]: unknown }) => readonly FieldError[];
