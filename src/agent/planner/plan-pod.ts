import { planDeadContainers } from './plan-dead-containers.ts';
import { planEnding } from './plan-ending.ts';
import type { Plan, PlanInput } from './plan-input.ts';
import { planLiving } from './plan-living.ts';
import { PlanBuilder } from './plan-builder.ts';
import { podEnding } from './pod-ending.ts';

/**
 * What is to be done for a pod now, so that it becomes what its spec says. Pure: the same input, the same plan; done
 * actions change what is observed, so that they are not planned again.
 */
export function planPod(input: PlanInput): Plan {
  const plan = new PlanBuilder(input);
  const ending = podEnding(input);
  if (ending === undefined) planLiving(input, plan);
  else planEnding(input, ending, plan);
  if (ending?.cause !== 'deleted') planDeadContainers(input, plan);
  return plan.build();
}
