/**
 * A set of paths into an object, as `metadata.managedFields` keeps them: a tree whose edges are path elements.
 *
 *     f:name      a field, or a key of a map
 *     k:{...}     an element of a list, by its keys: k:{"containerPort":80,"protocol":"TCP"}
 *     v:...       an element of a list that is a set: v:"example.com/finalizer"
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/#System FieldsV1
 */
export interface FieldSet {
  /** Whether the path that ends here is in the set; those below may be, all the same. */
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const EMPTY: FieldSet = { isMember: false, children: new Map() };
export const MEMBER: FieldSet = { isMember: true, children: new Map() };

const SELF = '.';

/** @param children those that are empty are left out */
export function fieldSet(isMember: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [element, child] of children) if (!isEmpty(child)) kept.set(element, child);
  if (kept.size > 0) return { isMember, children: kept };
  return isMember ? MEMBER : EMPTY;
}

export function isEmpty({ isMember, children }: FieldSet): boolean {
  return !isMember && children.size === 0;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const children = new Map(a.children);
  for (const [element, child] of b.children)
    children.set(element, union(children.get(element) ?? EMPTY, child));
  return fieldSet(a.isMember || b.isMember, children);
}

/** The paths of `a` that are not in `b`; those below them stay. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  const children = Array.from(a.children, ([element, child]): [string, FieldSet] => {
    const other = b.children.get(element);
    return [element, other === undefined ? child : difference(child, other)];
  });
  return fieldSet(a.isMember && !b.isMember, children);
}

/** The paths of `a` that are not in `b`, nor below a path of it. */
export function without(a: FieldSet, b: FieldSet): FieldSet {
  if (b.isMember) return EMPTY;
  if (b.children.size === 0) return a;
  const children = Array.from(a.children, ([element, child]): [string, FieldSet] => {
    const other = b.children.get(element);
    return [element, other === undefined ? child : without(child, other)];
  });
  return fieldSet(a.isMember, children);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = Array.from(a.children, ([element, child]): [string, FieldSet] => [
    element,
    intersection(child, b.children.get(element) ?? EMPTY),
  ]);
  return fieldSet(a.isMember && b.isMember, children);
}

export function isSameSet(a: FieldSet, b: FieldSet): boolean {
  if (a.isMember !== b.isMember || a.children.size !== b.children.size) return false;
  return Array.from(a.children).every(([element, child]) =>
    isSameSet(child, b.children.get(element) ?? EMPTY),
  );
}

/** Every path of the set, as its elements. */
export function* paths(set: FieldSet, above: readonly string[] = []): Generator<readonly string[]> {
  if (set.isMember) yield above;
  for (const [element, child] of set.children) yield* paths(child, [...above, element]);
}

export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  const own: [string, unknown][] = set.isMember && set.children.size > 0 ? [[SELF, {}]] : [];
  const below = Array.from(set.children, ([element, child]): [string, unknown] => [
    element,
    toFieldsV1(child),
  ]);
  return Object.fromEntries([...own, ...below.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Tells leniently what a client sent; `undefined` when it is no such set. */
export function fromFieldsV1(value: unknown): FieldSet | undefined {
  const set = readSet(value, true);
  return set === undefined || !set.isMember ? set : EMPTY;
}

function readSet(value: unknown, isRoot: boolean): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const children: [string, FieldSet][] = [];
  const entries = Object.entries(value);
  for (const [element, below] of entries) {
    if (element === SELF) continue;
    if (!/^[fkvi]:/.test(element)) return undefined;
    const child = readSet(below, false);
    if (child === undefined) return undefined;
    children.push([element, child]);
  }
  return fieldSet(!isRoot && (entries.length === 0 || Object.hasOwn(value, SELF)), children);
}
