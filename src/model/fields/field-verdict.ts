/** The verdict of every field of a pod's specification. */
import { CONTAINER_VERDICTS } from './container-verdicts.ts';
import { POD_VERDICTS } from './pod-verdicts.ts';
import type { TypeVerdicts, Verdict, VerdictTable } from './verdict.ts';
import { VOLUME_VERDICTS } from './volume-verdicts.ts';

const TABLE: VerdictTable = { ...POD_VERDICTS, ...CONTAINER_VERDICTS, ...VOLUME_VERDICTS };

const byType = new Map<string, ReadonlyMap<string, Verdict>>();

/** The verdicts of a type's fields, by name; nothing when the type is not part of a pod's specification. */
export function verdictsOf(typeName: string): ReadonlyMap<string, Verdict> | undefined {
  const known = byType.get(typeName);
  if (known !== undefined) return known;
  if (!Object.hasOwn(TABLE, typeName)) return undefined;
  const verdicts = new Map(listVerdicts(TABLE[typeName] ?? {}));
  byType.set(typeName, verdicts);
  return verdicts;
}

/** The types that have verdicts. */
export function judgedTypes(): string[] {
  return Object.keys(TABLE);
}

export function listVerdicts(verdicts: TypeVerdicts): [string, Verdict][] {
  const names = (text = ''): string[] => text.split(/\s+/).filter((name) => name !== '');
  return [
    ...names(verdicts.honoured).map((name): [string, Verdict] => [name, { kind: 'honoured' }]),
    ...names(verdicts.scheduler).map((name): [string, Verdict] => [name, { kind: 'scheduler' }]),
    ...Object.entries(verdicts.withoutEffect ?? {}).map(([name, reason]): [string, Verdict] => [
      name,
      { kind: 'without effect', reason },
    ]),
    ...Object.entries(verdicts.refused ?? {}).map(([name, reason]): [string, Verdict] => [
      name,
      { kind: 'refused', reason },
    ]),
  ];
}
