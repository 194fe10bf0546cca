/** Which plugins a scheduler runs, in what order, and what their scores weigh. */
import { PeapodError } from '../../model/errors.ts';
import type { SchedulerPlugin } from './plugin.ts';
import { balancedAllocation } from './plugins/balanced-allocation.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable.ts';
import { podTopologySpread } from './plugins/pod-topology-spread.ts';
import { nodeResourcesFit } from './plugins/resources-fit.ts';
import { taintToleration } from './plugins/taint-toleration.ts';
import { nodeVolumeLimits, volumeBinding, volumeRestrictions, volumeZone } from './plugins/volumes.ts';

export interface ScoringPlugin {
  readonly plugin: SchedulerPlugin;
  readonly weight: number;
}

export interface Profile {
  readonly schedulerName: string;
  /** A node is turned away by the first that does not want it. */
  readonly filters: readonly SchedulerPlugin[];
  readonly scorers: readonly ScoringPlugin[];
}

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

/** Each plugin with its default arguments, in the default order. */
export function defaultPlugins(): SchedulerPlugin[] {
  return [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity(),
    nodePorts,
    nodeResourcesFit(),
    volumeRestrictions,
    nodeVolumeLimits,
    volumeBinding,
    volumeZone,
    podTopologySpread(),
    interPodAffinity(),
    balancedAllocation(),
    imageLocality,
  ];
}

export const DEFAULT_WEIGHTS: ReadonlyMap<string, number> = new Map([
  ['TaintToleration', 3],
  ['NodeAffinity', 2],
  ['PodTopologySpread', 2],
  ['InterPodAffinity', 2],
]);

/**
 * A profile of plugins; those of the default weights weigh so unless `weights` tells.
 * @throws PeapodError `Invalid` naming a weight that is no whole number from 0 to 10,000
 */
export function profileOf(
  plugins: readonly SchedulerPlugin[],
  weights: Readonly<Record<string, number>> = {},
  schedulerName = DEFAULT_SCHEDULER_NAME,
): Profile {
  const scorers = plugins
    .filter((plugin) => 'score' in plugin)
    .map((plugin) => ({ plugin, weight: weights[plugin.name] ?? DEFAULT_WEIGHTS.get(plugin.name) ?? 1 }));
  for (const { plugin, weight } of scorers) checkWeight(`weights[${plugin.name}]`, weight);
  return {
    schedulerName,
    filters: plugins.filter((plugin) => 'filter' in plugin),
    scorers: scorers.filter(({ weight }) => weight > 0),
  };
}

export const MAX_WEIGHT = 10_000;

export function checkWeight(field: string, weight: number): void {
  if (Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT) return;
  throw new PeapodError(
    'Invalid',
    `${field}: Invalid value: ${String(weight)}: must be a whole number from 0 to ${MAX_WEIGHT}`,
  );
}

export function defaultProfile(schedulerName = DEFAULT_SCHEDULER_NAME): Profile {
  return profileOf(defaultPlugins(), {}, schedulerName);
}
