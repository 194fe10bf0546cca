/**
 * A number, or a percentage of one.
 * @param round what becomes of a fraction: `Math.ceil` or `Math.floor`
 */
export function intOrPercent(value: number | string, of: number, round: (value: number) => number): number {
  // The product first: 29 % of 100 is 29, and not 28.999….
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * of) / 100);
}
