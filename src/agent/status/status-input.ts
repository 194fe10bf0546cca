import type { PlanInput } from '../planner/plan-input.ts';
import type { PodEnding } from '../planner/pod-ending.ts';

/** All that a pod's status is made of. */
export interface StatusInput extends PlanInput {
  readonly facts: PlanInput['facts'] & {
    /** What ended containers left to say, by id. */
    readonly terminationMessages: ReadonlyMap<string, string>;
  };
  /** Why nothing is started any more, if so. */
  readonly ending: PodEnding | undefined;
  readonly nodeIps: readonly string[];
}
