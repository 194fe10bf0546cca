/**
 * `pluginConfig`: the arguments of plugins.
 * @see kubernetes/staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go
 */
import type { FieldErrors } from '../../model/field-error.ts';
import type { SchedulerPlugin } from '../engine/plugin.ts';
import { balancedAllocation } from '../engine/plugins/balanced-allocation.ts';
import { interPodAffinity } from '../engine/plugins/inter-pod-affinity.ts';
import { nodeAffinity } from '../engine/plugins/node-affinity.ts';
import { podTopologySpread } from '../engine/plugins/pod-topology-spread.ts';
import { nodeResourcesFit } from '../engine/plugins/resources-fit.ts';
import type {
  ResourceWeight,
  ScoringStrategy,
  UtilisationPoint,
} from '../engine/plugins/scoring-strategy.ts';
import type { DefaultConstraint } from '../engine/plugins/spread-defaults.ts';
import { readBoolean, readList, readObject, readString, readStrings, readWhole } from './strict-fields.ts';

type MakePlugin = (args: unknown, field: string, errors: FieldErrors) => SchedulerPlugin | undefined;

const TYPE_FIELDS = ['apiVersion', 'kind'];

/** By plugin name; a plugin that is not here takes no arguments. */
export const PLUGINS_WITH_ARGUMENTS: ReadonlyMap<string, MakePlugin> = new Map<string, MakePlugin>([
  ['NodeResourcesFit', readFit],
  ['NodeResourcesBalancedAllocation', readBalanced],
  ['NodeAffinity', readNodeAffinity],
  ['InterPodAffinity', readInterPodAffinity],
  ['PodTopologySpread', readSpread],
  ['DefaultPreemption', readPreemption],
]);

function readFit(args: unknown, field: string, errors: FieldErrors): SchedulerPlugin {
  const known = [...TYPE_FIELDS, 'ignoredResources', 'ignoredResourceGroups', 'scoringStrategy'];
  const fields = readObject(args, field, known, errors);
  const strategy = readStrategy(fields['scoringStrategy'], `${field}.scoringStrategy`, errors);
  return nodeResourcesFit({
    ...(strategy && { strategy }),
    ignoredResources: readStrings(fields['ignoredResources'], `${field}.ignoredResources`, errors),
    ignoredGroups: readStrings(fields['ignoredResourceGroups'], `${field}.ignoredResourceGroups`, errors),
  });
}

const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];

function readStrategy(value: unknown, field: string, errors: FieldErrors): ScoringStrategy | undefined {
  if (value === undefined) return undefined;
  const fields = readObject(value, field, ['type', 'resources', 'requestedToCapacityRatio'], errors);
  const type = readString(fields['type'], `${field}.type`, errors) ?? 'LeastAllocated';
  const resources = readWeights(fields['resources'], `${field}.resources`, errors);
  if (type === 'LeastAllocated' || type === 'MostAllocated') return { type, resources };
  if (type !== 'RequestedToCapacityRatio') {
    errors.notSupported(`${field}.type`, type, STRATEGIES);
    return undefined;
  }
  const at = `${field}.requestedToCapacityRatio`;
  const ratio = readObject(fields['requestedToCapacityRatio'], at, ['shape'], errors);
  return { type, resources, shape: readShape(ratio['shape'], `${at}.shape`, errors) };
}

function readWeights(value: unknown, field: string, errors: FieldErrors): ResourceWeight[] {
  const weights = readList(value, field, errors).map((item, index) => {
    const fields = readObject(item, `${field}[${index}]`, ['name', 'weight'], errors);
    const name = readString(fields['name'], `${field}[${index}].name`, errors);
    if (!name) errors.required(`${field}[${index}].name`);
    return {
      name: name ?? '',
      weight: readWhole(fields['weight'], `${field}[${index}].weight`, [1, 100], errors) ?? 1,
    };
  });
  if (weights.length > 0) return weights;
  return [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ];
}

function readShape(value: unknown, field: string, errors: FieldErrors): UtilisationPoint[] {
  const points = readList(value, field, errors).map((item, index) => {
    const at = `${field}[${index}]`;
    const fields = readObject(item, at, ['utilization', 'score'], errors);
    return {
      utilization: readWhole(fields['utilization'] ?? 0, `${at}.utilization`, [0, 100], errors) ?? 0,
      score: readWhole(fields['score'] ?? 0, `${at}.score`, [0, 10], errors) ?? 0,
    };
  });
  if (points.length === 0) errors.required(field, 'at least one point must be specified');
  for (const [index, { utilization }] of points.entries()) {
    const before = points[index - 1]?.utilization ?? -1;
    if (utilization <= before) {
      errors.invalid(
        `${field}[${index}].utilization`,
        utilization,
        'values must be sorted in increasing order',
      );
    }
  }
  return points;
}

function readBalanced(args: unknown, field: string, errors: FieldErrors): SchedulerPlugin {
  const fields = readObject(args, field, [...TYPE_FIELDS, 'resources'], errors);
  const weights = readWeights(fields['resources'], `${field}.resources`, errors);
  for (const [index, { weight }] of weights.entries()) {
    if (weight !== 1) errors.invalid(`${field}.resources[${index}].weight`, weight, 'must be 1');
  }
  return balancedAllocation(weights.map(({ name }) => name));
}

function readNodeAffinity(args: unknown, field: string, errors: FieldErrors): SchedulerPlugin | undefined {
  const fields = readObject(args, field, [...TYPE_FIELDS, 'addedAffinity'], errors);
  const at = `${field}.addedAffinity`;
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  if (fields['addedAffinity'] === undefined) return nodeAffinity();
  const added = readObject(fields['addedAffinity'], at, [required, preferred], errors);
  const before = errors.list.length;
  readTerms(
    readObject(added[required], `${at}.${required}`, ['nodeSelectorTerms'], errors)['nodeSelectorTerms'],
    `${at}.${required}.nodeSelectorTerms`,
    errors,
  );
  for (const [index, item] of readList(added[preferred], `${at}.${preferred}`, errors).entries()) {
    const place = `${at}.${preferred}[${index}]`;
    const term = readObject(item, place, ['weight', 'preference'], errors);
    readTerms([term['preference'] ?? {}], `${place}.preference`, errors);
  }
  if (errors.list.length > before) return undefined;
  return nodeAffinity(added);
}

/** Checks the shape only; the plugin checks the rest. */
function readTerms(value: unknown, field: string, errors: FieldErrors): void {
  for (const [index, item] of readList(value, field, errors).entries()) {
    const term = readObject(item, `${field}[${index}]`, ['matchExpressions', 'matchFields'], errors);
    for (const kind of ['matchExpressions', 'matchFields']) {
      for (const [place, requirement] of readList(
        term[kind],
        `${field}[${index}].${kind}`,
        errors,
      ).entries()) {
        const at = `${field}[${index}].${kind}[${place}]`;
        const fields = readObject(requirement, at, ['key', 'operator', 'values'], errors);
        if (!readString(fields['key'], `${at}.key`, errors)) errors.required(`${at}.key`);
        if (!readString(fields['operator'], `${at}.operator`, errors)) errors.required(`${at}.operator`);
        readStrings(fields['values'], `${at}.values`, errors);
      }
    }
  }
}

function readInterPodAffinity(args: unknown, field: string, errors: FieldErrors): SchedulerPlugin {
  const known = [...TYPE_FIELDS, 'hardPodAffinityWeight', 'ignorePreferredTermsOfExistingPods'];
  const fields = readObject(args, field, known, errors);
  const weight = readWhole(
    fields['hardPodAffinityWeight'],
    `${field}.hardPodAffinityWeight`,
    [0, 100],
    errors,
  );
  const ignore = readBoolean(
    fields['ignorePreferredTermsOfExistingPods'],
    `${field}.ignorePreferredTermsOfExistingPods`,
    errors,
  );
  return interPodAffinity({
    ...(weight !== undefined && { hardPodAffinityWeight: weight }),
    ...(ignore !== undefined && { ignorePreferredTermsOfExistingPods: ignore }),
  });
}

function readSpread(args: unknown, field: string, errors: FieldErrors): SchedulerPlugin {
  const fields = readObject(args, field, [...TYPE_FIELDS, 'defaultConstraints', 'defaultingType'], errors);
  const type = readString(fields['defaultingType'], `${field}.defaultingType`, errors) ?? 'System';
  if (type !== 'System' && type !== 'List')
    errors.notSupported(`${field}.defaultingType`, type, ['System', 'List']);
  const at = `${field}.defaultConstraints`;
  const constraints = readList(fields['defaultConstraints'], at, errors).map((item, index) =>
    readDefaultConstraint(item, `${at}[${index}]`, errors),
  );
  if (type === 'System' && constraints.length > 0) {
    errors.invalid(`${field}.defaultingType`, type, 'when .defaultConstraints are not empty, must be "List"');
  }
  return podTopologySpread(type === 'List' ? { defaultConstraints: constraints } : {});
}

function readDefaultConstraint(value: unknown, field: string, errors: FieldErrors): DefaultConstraint {
  const fields = readObject(value, field, ['maxSkew', 'topologyKey', 'whenUnsatisfiable'], errors);
  const topologyKey = readString(fields['topologyKey'], `${field}.topologyKey`, errors) ?? '';
  if (topologyKey === '') errors.required(`${field}.topologyKey`);
  const whenUnsatisfiable =
    readString(fields['whenUnsatisfiable'], `${field}.whenUnsatisfiable`, errors) ?? '';
  const actions = ['DoNotSchedule', 'ScheduleAnyway'];
  if (!actions.includes(whenUnsatisfiable)) {
    errors.notSupported(`${field}.whenUnsatisfiable`, whenUnsatisfiable, actions);
  }
  const maxSkew = readWhole(fields['maxSkew'] ?? 0, `${field}.maxSkew`, [1, 2 ** 31 - 1], errors) ?? 1;
  return { topologyKey, whenUnsatisfiable, maxSkew };
}

/** All candidates are considered, so that the limits on their number have nothing to limit. */
function readPreemption(args: unknown, field: string, errors: FieldErrors): undefined {
  const known = [...TYPE_FIELDS, 'minCandidateNodesPercentage', 'minCandidateNodesAbsolute'];
  const fields = readObject(args, field, known, errors);
  readWhole(fields['minCandidateNodesPercentage'], `${field}.minCandidateNodesPercentage`, [0, 100], errors);
  readWhole(
    fields['minCandidateNodesAbsolute'],
    `${field}.minCandidateNodesAbsolute`,
    [0, 2 ** 31 - 1],
    errors,
  );
  return undefined;
}
