/** Typed arrays that grow; what was in them stays. */

export function grownFloats(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  if (array.length >= capacity) return array;
  const grown = new Float64Array(Math.max(capacity, array.length * 2, 16));
  grown.set(array);
  return grown;
}

export function grownInts(
  array: Int32Array<ArrayBuffer>,
  capacity: number,
  fill = 0,
): Int32Array<ArrayBuffer> {
  if (array.length >= capacity) return array;
  const grown = new Int32Array(Math.max(capacity, array.length * 2, 16));
  grown.set(array);
  if (fill !== 0) grown.fill(fill, array.length);
  return grown;
}
