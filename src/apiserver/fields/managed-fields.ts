/** `metadata.managedFields`: who owns which fields. @see apimachinery/pkg/util/managedfields */
import type { ManagedFieldsEntry } from '../../model/api/types.ts';
import { EMPTY, type FieldSet, fromFieldsV1, isEmpty, isSameSet, toFieldsV1, union } from './field-set.ts';

export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: string;
  readonly apiVersion: string;
}

export interface Ownership extends Manager {
  readonly fields: FieldSet;
  /** When the fields last changed; RFC 3339. */
  readonly time: string | undefined;
}

/** Owners by `ownerKey`. */
export type Ownerships = ReadonlyMap<string, Ownership>;

const NO_ONE: Ownerships = new Map();
/** Updates by so many programs are told apart; the oldest are put together. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** An applier is the same whatever version it applies; an updater is one per version. */
export function ownerKey({ manager, operation, subresource, apiVersion }: Manager): string {
  return JSON.stringify([manager, operation, subresource, operation === 'Apply' ? '' : apiVersion]);
}

/** @returns nothing when an entry is malformed */
export function readManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
): Ownerships | undefined {
  if (entries === undefined || entries.length === 0) return NO_ONE;
  const owners = new Map<string, Ownership>();
  for (const { manager = '', operation, apiVersion = '', subresource = '', time, ...entry } of entries) {
    if ((operation !== 'Apply' && operation !== 'Update') || (entry.fieldsType ?? 'FieldsV1') !== 'FieldsV1')
      return undefined;
    const fields = fromFieldsV1(entry.fieldsV1 ?? {});
    if (fields === undefined) return undefined;
    const owner: Manager = { manager, operation, apiVersion, subresource };
    owners.set(ownerKey(owner), { ...owner, fields, time });
  }
  return owners;
}

/** As they are written down: appliers first, each group by time, then by name. */
export function writeManagedFields(owners: Ownerships): ManagedFieldsEntry[] {
  return Array.from(cap(owners).values())
    .filter(({ fields }) => !isEmpty(fields))
    .toSorted(inOrder)
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    }));
}

function inOrder(a: Ownership, b: Ownership): number {
  const keys = ({ operation, time = '', manager, apiVersion, subresource }: Ownership) => [
    operation,
    time,
    manager,
    apiVersion,
    subresource,
  ];
  const [left, right] = [keys(a), keys(b)];
  const at = left.findIndex((key, index) => key !== right[index]);
  return at === -1 ? 0 : (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}

function cap(owners: Ownerships): Ownerships {
  const updaters = Array.from(owners.values()).filter(({ operation }) => operation === 'Update');
  if (updaters.length <= MAX_UPDATERS) return owners;
  const oldest = updaters
    .toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
    .slice(0, updaters.length - MAX_UPDATERS + 1);
  const capped = new Map(owners);
  for (const owner of oldest) {
    capped.delete(ownerKey(owner));
    const { apiVersion, fields } = owner;
    const ancient: Manager = { manager: ANCIENT, operation: 'Update', subresource: '', apiVersion };
    const present = capped.get(ownerKey(ancient));
    capped.set(ownerKey(ancient), {
      ...ancient,
      time: owner.time,
      fields: union(present?.fields ?? EMPTY, fields),
    });
  }
  return capped;
}

/** With an owner's fields set anew; its time moves only when they differ. */
export function withOwner(owners: Ownerships, owner: Manager, fields: FieldSet, now: string): Ownerships {
  const next = new Map(owners);
  const key = ownerKey(owner);
  const present = owners.get(key);
  const isSame =
    present !== undefined && present.apiVersion === owner.apiVersion && isSameSet(present.fields, fields);
  if (isEmpty(fields)) next.delete(key);
  else next.set(key, { ...owner, fields, time: isSame ? present.time : now });
  return next;
}
