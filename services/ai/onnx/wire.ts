/** An input or output of a model, as its file says. */
export interface Port {
  readonly name: string;
  /** e.g. `float32`; null when it is no tensor */
  readonly type: string | null;
  /** null where the size is not fixed */
  readonly shape: readonly (number | null)[];
}

export interface Ports {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Rows for a model, and the one output that is wanted of it. */
export interface Feed {
  readonly input: string;
  readonly output: string;
  /** row by row */
  readonly values: Float32Array<ArrayBuffer>;
  readonly columns: number;
  /** so many rows at a time, as the file wants it; null: all at once */
  readonly batch: number | null;
}

/** `values`: row by row, `width` numbers a row. */
export interface Output {
  readonly values: Float64Array<ArrayBuffer>;
  readonly width: number;
}

/** A file goes piece by piece: to send 32 MiB at once would hold up the event loop. */
export interface FilePart {
  /** of the whole file */
  readonly size: number;
  /** where the part goes; a new file begins with 0 */
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** To the process; one at a time, answered in order. */
export type Request =
  | { readonly kind: "part"; readonly part: FilePart }
  | { readonly kind: "load"; readonly key: string }
  | { readonly kind: "run"; readonly key: string; readonly feed: Feed }
  | { readonly kind: "unload"; readonly key: string };

/** From the process. `loaded`: the file whose parts were taken. `refused`: what ONNX Runtime says of the file, or of the rows. */
export type Answer =
  | { readonly kind: "taken" }
  | { readonly kind: "loaded"; readonly ports: Ports }
  | { readonly kind: "ran"; readonly output: Output }
  | { readonly kind: "unloaded" }
  | { readonly kind: "refused"; readonly message: string };

/** The signal by which the process ends itself when it takes too much memory: it has no other use for it. */
export const TOO_MUCH_MEMORY = "SIGTERM";
