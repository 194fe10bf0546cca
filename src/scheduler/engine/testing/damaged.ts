/** Objects as no API server would hand out. */
import * as fc from 'fast-check';
import { isPeapodError } from '../../../model/errors.ts';

/** Objects with some of their values replaced by nonsense. */
export function damaged<T>(objects: fc.Arbitrary<T>): fc.Arbitrary<T> {
  const nonsense = fc.oneof(
    fc.constantFrom<unknown>(null, Number.NaN, -1, '', [], {}, [null], 'Exists', 2 ** 60, true),
    fc.jsonValue(),
  );
  return fc
    .tuple(objects, fc.array(fc.tuple(fc.nat(), nonsense), { maxLength: 3 }))
    .map(([object, changes]) => {
      const copy = structuredClone(object);
      for (const [place, value] of changes) replaceAt(copy, place, structuredClone(value));
      return copy;
    });
}

function replaceAt(root: unknown, place: number, value: unknown): void {
  const spots: [Record<string, unknown>, string][] = [];
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return;
    for (const [key, child] of Object.entries(item)) {
      spots.push([item as Record<string, unknown>, key]);
      visit(child);
    }
  };
  visit(root);
  const spot = spots[place % Math.max(1, spots.length)];
  if (spot) spot[0][spot[1]] = value;
}

/** Does the work; errors other than our own are passed on. */
export function tolerate(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isPeapodError(error)) throw error;
  }
}
