/**
 * A tree as it grows and is kept, node by node: a node's left child follows it, so that every child comes behind its parent.
 * Rows with a value below `value` go left, those without one where `missingLeft` says.
 */
export interface Tree {
  /** the column that a node looks at; −1: a leaf */
  readonly feature: number[];
  /** the threshold of a node, what a leaf adds to the prediction */
  readonly value: number[];
  /** the number of the right child; 0 of a leaf */
  readonly right: number[];
  /** 1 or 0 */
  readonly missingLeft: number[];
}

export function emptyTree(): Tree {
  return { feature: [], value: [], right: [], missingLeft: [] };
}

/** @returns its number */
export function addLeaf(tree: Tree, value: number): number {
  return addNode(tree, -1, value, 0);
}

/** Its right child is named when it is there (`tree.right`). @returns its number */
export function addNode(tree: Tree, feature: number, value: number, missingLeft: number): number {
  tree.value.push(value);
  tree.right.push(0);
  tree.missingLeft.push(missingLeft);
  return tree.feature.push(feature) - 1;
}
