/* Small ONNX files, written as exporters write them: Protocol Buffers with the field numbers of onnx.proto3. */

type Field = readonly [number: number, value: Uint8Array | string | number];

const utf8 = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  // Ten bytes of two's complement, as int64 has them.
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const byte = Number(left & 127n);
    left >>= 7n;
    bytes.push(left > 0n ? byte | 128 : byte);
  } while (left > 0n);
  return bytes;
}

/** A message of Protocol Buffers: numbers as varints, texts and bytes with their length. */
export function message(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number")
      parts.push(Uint8Array.from([...varint(number * 8), ...varint(value)]));
    else {
      const content = typeof value === "string" ? utf8.encode(value) : value;
      parts.push(Uint8Array.from([...varint(number * 8 + 2), ...varint(content.length)]), content);
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

function float32(values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export function tensor(name: string, dims: readonly number[], values: readonly number[]) {
  const sizes = dims.map((size): Field => [1, size]);
  return message(...sizes, [2, FLOAT], [8, name], [9, float32(values)]);
}

function integers(name: string, dims: readonly number[], values: readonly number[]) {
  const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  const sizes = dims.map((size): Field => [1, size]);
  return message(...sizes, [2, INT64], [8, name], [9, bytes]);
}

/** @param shape null where the size is not fixed */
export function port(name: string, shape: readonly (number | null)[], type: number = FLOAT) {
  const sizes = shape.map((size): Field => [
    1,
    size === null ? message([2, "N"]) : message([1, size]),
  ]);
  const tensorType = message([1, type], [2, message(...sizes)]);
  return message([1, name], [2, message([1, tensorType])]);
}

type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly floats: readonly number[] }
  | { readonly graph: OnnxGraph };

/** Integers, texts, lists of both, and floats by name. */
function attribute(name: string, value: Attribute): Uint8Array<ArrayBuffer> {
  if (typeof value === "number") return message([1, name], [3, value], [20, 2]);
  if (typeof value === "string") return message([1, name], [4, value], [20, 3]);
  if ("graph" in value) return message([1, name], [6, graphBytes(value.graph)], [20, 5]);
  if ("floats" in value) {
    const floats = value.floats.map((x): number[] => [(7 << 3) | 5, ...float32([x])]);
    const head = message([1, name], [20, 6]);
    return Uint8Array.from([...head, ...floats.flat()]);
  }
  const texts = value.filter((item) => typeof item === "string");
  if (texts.length > 0)
    return message([1, name], ...texts.map((text): Field => [9, text]), [20, 8]);
  const numbers = value.filter((item) => typeof item === "number");
  return message([1, name], ...numbers.map((item): Field => [8, item]), [20, 7]);
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

function nodeBytes({ op, inputs, outputs, domain, attributes = {} }: OnnxNode) {
  return message(
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, op],
    ...Object.entries(attributes).map(([name, value]): Field => [5, attribute(name, value)]),
    ...(domain === undefined ? [] : [[7, domain] as const]),
  );
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

function graphBytes({ nodes, initializers = [], inputs, outputs }: OnnxGraph) {
  return message(
    ...nodes.map((node): Field => [1, nodeBytes(node)]),
    [2, "model"],
    ...initializers.map((bytes): Field => [5, bytes]),
    ...inputs.map((bytes): Field => [11, bytes]),
    ...outputs.map((bytes): Field => [12, bytes]),
  );
}

export function onnxFile(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  return message(
    [1, 8],
    [2, "quantalpha-tests"],
    [3, "1.0"],
    [7, graphBytes(graph)],
    [8, message([1, ""], [2, 15])],
    [8, message([1, "ai.onnx.ml"], [2, 3])],
  );
}

/** One hidden layer: relu(x W + b) V + c, and its sigmoid for a classifier. `weights`: features × hidden, row by row. */
export interface Mlp {
  readonly features: number;
  readonly hidden: number;
  readonly weights: readonly number[];
  readonly biases: readonly number[];
  readonly last: readonly number[];
  readonly bias: number;
  readonly isClassifier?: boolean;
  /** rows at a time; any when absent */
  readonly batch?: number;
}

export function mlpFile({ features, hidden, weights, biases, last, bias, ...more }: Mlp) {
  const { isClassifier = false, batch = null } = more;
  const nodes: OnnxNode[] = [
    { op: "Gemm", inputs: ["x", "W", "b"], outputs: ["h"] },
    { op: "Relu", inputs: ["h"], outputs: ["r"] },
    { op: "Gemm", inputs: ["r", "V", "c"], outputs: [isClassifier ? "z" : "y"] },
    ...(isClassifier ? [{ op: "Sigmoid", inputs: ["z"], outputs: ["y"] }] : []),
  ];
  return onnxFile({
    nodes,
    initializers: [
      tensor("W", [features, hidden], weights),
      tensor("b", [hidden], biases),
      tensor("V", [hidden, 1], last),
      tensor("c", [1], [bias]),
    ],
    inputs: [port("x", [batch, features])],
    outputs: [port("y", [batch, 1])],
  });
}

/** The same by our own arithmetic. */
export function mlpValue(net: Mlp, row: readonly number[]): number {
  let value = net.bias;
  for (let h = 0; h < net.hidden; h += 1) {
    let sum = net.biases[h] ?? 0;
    for (const [i, x] of row.entries()) sum += x * (net.weights[i * net.hidden + h] ?? 0);
    value += Math.max(0, sum) * (net.last[h] ?? 0);
  }
  return net.isClassifier === true ? 1 / (1 + Math.exp(-value)) : value;
}

/** A split, whose children are further nodes of the list, or a leaf. */
export type TreeNode =
  | {
      readonly feature: number;
      readonly below: number;
      readonly left: number;
      readonly right: number;
    }
  | { readonly leaf: number };

/** As XGBoost's exporter writes its trees: `x < below` goes left, a missing value too. */
export function treesFile(trees: readonly (readonly TreeNode[])[], features: number) {
  const all = trees.flatMap((nodes, tree) => nodes.map((node, id) => ({ node, id, tree })));
  const splits = all.map(({ node }) => ("leaf" in node ? null : node));
  const leaves = all.filter(({ node }) => "leaf" in node);
  const numbers = (pick: (split: Exclude<TreeNode, { leaf: number }>) => number): number[] =>
    splits.map((split) => (split === null ? 0 : pick(split)));
  const regressor: OnnxNode = {
    op: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: ["x"],
    outputs: ["y"],
    attributes: {
      n_targets: 1,
      nodes_falsenodeids: numbers(({ right }) => right),
      nodes_featureids: numbers(({ feature }) => feature),
      nodes_missing_value_tracks_true: numbers(() => 1),
      nodes_modes: splits.map((split) => (split === null ? "LEAF" : "BRANCH_LT")),
      nodes_nodeids: all.map(({ id }) => id),
      nodes_treeids: all.map(({ tree }) => tree),
      nodes_truenodeids: numbers(({ left }) => left),
      nodes_values: { floats: numbers(({ below }) => below) },
      target_ids: leaves.map(() => 0),
      target_nodeids: leaves.map(({ id }) => id),
      target_treeids: leaves.map(({ tree }) => tree),
      target_weights: { floats: leaves.map(({ node }) => ("leaf" in node ? node.leaf : 0)) },
    },
  };
  return onnxFile({
    nodes: [regressor],
    inputs: [port("x", [null, features])],
    outputs: [port("y", [null, 1])],
  });
}

/** A loop of a million million rounds. */
export function endlessFile(): Uint8Array<ArrayBuffer> {
  const body: OnnxGraph = {
    nodes: [
      { op: "Identity", inputs: ["go"], outputs: ["goOn"] },
      { op: "Neg", inputs: ["v"], outputs: ["w"] },
    ],
    inputs: [port("i", [], INT64), port("go", [], BOOL), port("v", [null, 1])],
    outputs: [port("goOn", [], BOOL), port("w", [null, 1])],
  };
  const loop = { op: "Loop", inputs: ["rounds", "", "x"], outputs: ["y"] };
  return onnxFile({
    nodes: [{ ...loop, attributes: { body: { graph: body } } }],
    initializers: [integers("rounds", [], [1e12])],
    inputs: [port("x", [null, 1])],
    outputs: [port("y", [null, 1])],
  });
}

/** A matrix of so many rows and columns, made from nothing. */
export function greedyFile(size: number): Uint8Array<ArrayBuffer> {
  return onnxFile({
    nodes: [
      { op: "ConstantOfShape", inputs: ["sizes"], outputs: ["big"] },
      { op: "ReduceSum", inputs: ["big"], outputs: ["sum"] },
      { op: "Add", inputs: ["x", "sum"], outputs: ["y"] },
    ],
    initializers: [integers("sizes", [2], [size, size])],
    inputs: [port("x", [null, 1])],
    outputs: [port("y", [null, 1])],
  });
}
