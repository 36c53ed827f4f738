import type { Json } from "../../domain/shared/json.ts";

/** JSON.parse under its true type: it makes nothing but Json. */
export const parseJson: (text: string) => Json = (text) => JSON.parse(text);
