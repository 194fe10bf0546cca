import { printable } from '../output/terminal.ts';

/** A copy in which all texts are harmless for a terminal: names and labels may come from anywhere. */
export function printableTexts<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? printable(inner) : inner,
  ) as T;
}
