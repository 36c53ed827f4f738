import type { Permission } from "./permissions.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { s } from "./schema.ts";
import type { CrossCheck, ObjectSchema, Schema, Shape } from "./schema.ts";

/** The services of the product, as the documentation is divided: `/api/docs?service=risk`. */
export const AREAS = ["identity", "data", "ai", "risk", "execution", "operations"] as const;
export type Area = (typeof AREAS)[number];

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Of bodies that carry series of numbers: some 100,000 of them. */
export const SERIES_BODY_BYTES = 2_097_152;

/** A file that is sent as it is made. */
export interface Download {
  readonly mediaTypes: readonly string[];
  describe(params: { readonly [name: string]: unknown }): {
    readonly mediaType: string;
    readonly fileName: string;
  };
}

/** What a route promises, but for its types. */
export interface RouteTerms {
  readonly method: Method;
  /** in OpenAPI's style: `/api/orders/{orderId}` */
  readonly path: string;
  readonly area: Area;
  /** null only where anybody may call */
  readonly permission: Permission | null;
  readonly summary: string;
  readonly description?: string;
  /** of success; 200 unless it says otherwise */
  readonly status?: 200 | 201 | 202 | 204;
  /** takes an Idempotency-Key */
  readonly isIdempotent?: true;
  /** what may be answered beside what every route may answer */
  readonly problems?: readonly ProblemCode[];
  /** when the answer is not JSON */
  readonly mediaType?: string;
  /** takes text/csv too, as the stream of its action; these fields of the body are then asked for in the query */
  readonly csv?: readonly string[];
  /** takes multipart/form-data too: `file` names the field of the body that is then a file, given to the action as its stream */
  readonly multipart?: { readonly file: string; readonly maxBytes: number };
  /** how large the body may be, bytes; 256 KiB unless it says otherwise */
  readonly bodyMaxBytes?: number;
  /** signed by its sender: its action is given the body as it was sent, with the signature (`meta.signed`) */
  readonly isSigned?: true;
  /** the action answers with a stream of bytes */
  readonly download?: Download;
}

export interface Route<A extends string, I extends Shape, R> extends RouteTerms {
  /** the Moleculer action that answers; those of `api.` are the gateway's own */
  readonly action: A;
  readonly params: Shape;
  readonly query: Shape;
  readonly body: Shape | null;
  /** everything together, as the action takes it: `params: route.input.validator` */
  readonly input: ObjectSchema<I>;
  readonly response: Schema<R> | null;
  readonly status: 200 | 201 | 202 | 204;
}

export type AnyRoute = Route<string, Shape, unknown>;

interface Definition<
  A extends string,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  R,
> extends RouteTerms {
  readonly action: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response: Schema<R> | null;
  /** rules that span fields */
  readonly check?: CrossCheck;
}

// oxlint-disable-next-line typescript/no-empty-object-type -- the shape that has no fields is what is meant
type NoFields = {};

/** One entry of the contract. Names are unique over path, query and body: the action takes them as one object. */
export function route<
  const A extends string,
  R,
  P extends Shape = NoFields,
  Q extends Shape = NoFields,
  B extends Shape = NoFields,
>(definition: Definition<A, P, Q, B, R>): Route<A, P & Q & B, R> {
  const { params, query, body, check, ...terms } = definition;
  // sound: a field left out is one of the default, empty shape
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  const fields = { ...params, ...query, ...body } as P & Q & B;
  return {
    ...terms,
    params: params ?? {},
    query: query ?? {},
    body: body ?? null,
    input: s.object(fields, check),
    status: terms.status ?? 200,
  };
}
