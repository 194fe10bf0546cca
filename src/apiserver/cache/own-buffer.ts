/**
 * The parts joined, in memory of their own. Small buffers are otherwise slices of larger ones that others have slices of as well: one that is
 * kept for long would keep all of them.
 */
export function ownBuffer(parts: readonly Buffer[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) at += part.copy(joined, at);
  return joined;
}
