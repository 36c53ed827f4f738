export const draw = (count: number, one: () => number) => Float64Array.from({ length: count }, one);
