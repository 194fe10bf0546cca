import type { Job } from '../../model/api/types.ts';
import { parseIndexes } from './index-set.ts';

/** Which rule of the success policy is met, if any. @see kubernetes/pkg/controller/job/success_policy.go */
export function metSuccessRule({ spec }: Job, succeeded: ReadonlySet<number>): number | undefined {
  const completions = spec?.completions ?? 0;
  const met = (spec?.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && succeeded.size >= succeededCount;
    const wanted = parseIndexes(succeededIndexes, completions);
    return wanted.intersection(succeeded).size >= (succeededCount ?? wanted.size);
  });
  return met < 0 ? undefined : met;
}
