/** One of the steps of a verb. */
export interface SweptStep {
  readonly step: string;
  /** The first of its name is 1. */
  readonly occurrence: number;
  /** Nothing of the verb is done before it. */
  readonly isFirst: boolean;
}

const IN_HIERARCHY = /^(\w+ \/sys\/fs\/cgroup\/)([\w,=]+)(\/.*)$/;

/**
 * Those where something is made to go wrong: all, except that of what is done alike in each hierarchy of cgroup v1, a dozen times by one loop,
 * it is the first and the last.
 */
export function sweptSteps(steps: readonly string[]): SweptStep[] {
  const seen = new Map<string, number>();
  const alike = new Map<string, number[]>();
  const all = steps.map((step, index) => {
    const occurrence = (seen.get(step) ?? 0) + 1;
    seen.set(step, occurrence);
    const [, verb, , path] = IN_HIERARCHY.exec(step) ?? [];
    if (verb !== undefined) {
      const key = `${verb}*${path}#${occurrence}`;
      alike.set(key, [...(alike.get(key) ?? []), index]);
    }
    return { step, occurrence, isFirst: index === 0 };
  });
  const folded = new Set([...alike.values()].flatMap((indexes) => indexes.slice(1, -1)));
  return all.filter((_, index) => !folded.has(index));
}

/** Whether what it takes away stays, when that fails, until peapod starts again; docs/crash-safety.md says so. */
export function mayFailSilently(step: string): boolean {
  return /^(unlink .*\.lock|rm .*\/exec-<random>\..*)$/.test(step);
}
