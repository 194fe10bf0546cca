import { type FieldType, fieldsOf } from '../structure.ts';
import { isKnownValid } from '../validation/known-valid.ts';
import { verdictsOf } from './field-verdict.ts';
import type { Verdict } from './verdict.ts';

export interface SetField {
  /** `spec.containers[0].tty` */
  readonly path: string;
  readonly typeName: string;
  readonly name: string;
  readonly value: unknown;
  readonly verdict: Verdict;
}

/**
 * Which fields are of interest, by type and name. A search keeps what it learns of the types: make one, not one for each object.
 */
export class FieldSearch {
  readonly #isWanted: (typeName: string, name: string, verdict: Verdict) => boolean;
  readonly #plans = new Map<string, ReadonlyMap<string, Planned>>();

  constructor(isWanted: (typeName: string, name: string, verdict: Verdict) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Those that are there in an object of a type, what is below a refused one left out. */
  visit(value: unknown, typeName: string, path: string): SetField[] {
    const visit: Visit = { root: path, at: [], found: [] };
    this.#visitObject(value, typeName, visit);
    return visit.found;
  }

  #visitObject(value: unknown, typeName: string, visit: Visit): void {
    if (!isRecord(value) || isKnownValid(value)) return;
    const plan = this.#planOf(typeName);
    if (plan.size === 0) return;
    for (const name of Object.keys(value)) {
      const planned = plan.get(name);
      const child = value[name];
      if (planned === undefined || child === undefined) continue;
      const { verdict, below } = planned;
      visit.at.push(name);
      if (planned.isWanted) visit.found.push({ path: pathOf(visit), typeName, name, value: child, verdict });
      if (below !== undefined) this.#visitInside(child, below, visit);
      visit.at.pop();
    }
  }

  #visitInside(value: unknown, type: FieldType, visit: Visit): void {
    if (type.kind === 'object') this.#visitObject(value, type.name, visit);
    else if (type.kind === 'list' && Array.isArray(value))
      for (let index = 0; index < value.length; index += 1) {
        visit.at.push(index);
        this.#visitInside(value[index], type.of, visit);
        visit.at.pop();
      }
  }

  #planOf(typeName: string): ReadonlyMap<string, Planned> {
    const known = this.#plans.get(typeName);
    if (known !== undefined) return known;
    const plan = new Map<string, Planned>();
    for (const [name, { type }] of fieldsOf(typeName) ?? []) {
      const verdict = verdictOf(typeName, name);
      const isWanted = this.#isWanted(typeName, name, verdict);
      const below = verdict.kind !== 'refused' && this.#isBelow(type, new Set([typeName])) ? type : undefined;
      if (isWanted || below !== undefined) plan.set(name, { verdict, isWanted, below });
    }
    this.#plans.set(typeName, plan);
    return plan;
  }

  /** Whether there can be a wanted field somewhere in a value of a type. */
  #isBelow(type: FieldType, seen: Set<string>): boolean {
    if (type.kind === 'list') return this.#isBelow(type.of, seen);
    if (type.kind !== 'object' || seen.has(type.name)) return false;
    seen.add(type.name);
    return [...(fieldsOf(type.name) ?? [])].some(([name, field]) => {
      const verdict = verdictOf(type.name, name);
      if (this.#isWanted(type.name, name, verdict)) return true;
      return verdict.kind !== 'refused' && this.#isBelow(field.type, seen);
    });
  }
}

/** Where a visit is, and what it has found. Paths are made of what is found alone: most is not. */
interface Visit {
  readonly root: string;
  readonly at: (string | number)[];
  readonly found: SetField[];
}

function pathOf({ root, at }: Visit): string {
  return at.reduce<string>(
    (path, part) => path + (typeof part === 'number' ? `[${part}]` : `.${part}`),
    root,
  );
}

interface Planned {
  readonly verdict: Verdict;
  readonly isWanted: boolean;
  /** What to look into; nothing where there is nothing to find. */
  readonly below: FieldType | undefined;
}

const HONOURED: Verdict = { kind: 'honoured' };

function verdictOf(typeName: string, name: string): Verdict {
  return verdictsOf(typeName)?.get(name) ?? HONOURED;
}

/** Whether a value says the same as saying nothing. */
export function isUnset(value: unknown): boolean {
  return value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
