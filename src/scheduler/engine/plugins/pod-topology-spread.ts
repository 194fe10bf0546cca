/**
 * @see kubernetes/pkg/scheduler/framework/plugins/podtopologyspread
 */
import type { Rejection } from '../decision.ts';
import type { SpreadConstraint } from '../pod/spread-constraints.ts';
import type { FilterStep, PluginContext, SchedulerPlugin } from '../plugin.ts';
import { NO_DOMAIN } from '../state/topology.ts';
import { type CountedConstraint, countConstraints } from './spread-counters.ts';
import { DEFAULT_CONSTRAINTS, type DefaultConstraint, defaultsFor } from './spread-defaults.ts';
import { scoreSpread } from './spread-score.ts';

export interface TopologySpreadOptions {
  /** For pods of a Service or controller that have no constraints; the system's unless told. */
  readonly defaultConstraints?: readonly DefaultConstraint[];
}

/** Pods that match evenly over the domains of a topology. */
export function podTopologySpread(options: TopologySpreadOptions = {}): SchedulerPlugin {
  const { defaultConstraints = DEFAULT_CONSTRAINTS } = options;
  const constraintsOf = (context: PluginContext, mustHold: boolean): readonly SpreadConstraint[] => {
    const own = context.pod.template.spread;
    const all = own.length > 0 ? own : defaultsFor(context, defaultConstraints);
    return all.length === 0 ? all : all.filter((constraint) => constraint.mustHold === mustHold);
  };
  return {
    name: 'PodTopologySpread',
    scope: 'cluster',
    events: [
      'NodeAdded',
      'NodeLabelsChanged',
      'NodeTaintsChanged',
      'PodAdded',
      'PodDeleted',
      'PodLabelsChanged',
    ],
    filter(context) {
      const constraints = constraintsOf(context, true);
      return constraints.length === 0 ? undefined : filterStep(context, constraints);
    },
    score(context) {
      const constraints = constraintsOf(context, false);
      if (constraints.length === 0) return undefined;
      const needsAllKeys = context.pod.template.spread.length > 0 || options.defaultConstraints !== undefined;
      return scoreSpread(context, constraints, needsAllKeys);
    },
  };
}

interface Bound extends CountedConstraint {
  /** What the count of a domain may be at most, for the pod to go there. */
  readonly limit: number;
  readonly least: number;
}

function filterStep({ snapshot, pod }: PluginContext, constraints: readonly SpreadConstraint[]): FilterStep {
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  const bounds = countConstraints(snapshot, pod, constraints, keys).map(boundOf);
  return {
    narrow(nodes, count) {
      let left = count;
      for (const bound of bounds) left = keepWithin(bound, nodes, left);
      return left;
    },
    explain(node) {
      for (const bound of bounds) {
        const rejection = explainBound(bound, node);
        if (rejection) return rejection;
      }
      return undefined;
    },
  };
}

function boundOf({ constraint, counter }: CountedConstraint): Bound {
  const least = counter.domains < constraint.minDomains ? 0 : counter.least();
  return { constraint, counter, least, limit: constraint.maxSkew + least - constraint.self };
}

function keepWithin({ counter, limit }: Bound, nodes: Int32Array, count: number): number {
  const { domainOf } = counter.topology;
  const { sums } = counter;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const node = nodes[index] as number;
    const domain = domainOf[node] ?? NO_DOMAIN;
    nodes[kept] = node;
    if (domain >= 0 && (sums[domain] ?? 0) <= limit) kept++;
  }
  return kept;
}

function explainBound({ constraint, counter, limit, least }: Bound, node: number): Rejection | undefined {
  const { topologyKey, maxSkew, self } = constraint;
  const domain = counter.topology.domainOf[node] ?? NO_DOMAIN;
  const count = counter.sums[domain] ?? 0;
  if (domain !== NO_DOMAIN && count <= limit) return undefined;
  const reason = "node(s) didn't match pod topology spread constraints";
  return {
    reasons: [domain === NO_DOMAIN ? `${reason} (missing required label)` : reason],
    preemptible: domain !== NO_DOMAIN,
    details: [
      {
        kind: 'spread',
        topologyKey,
        domain: counter.topology.values[domain],
        count: count + self,
        least,
        maxSkew,
      },
    ],
  };
}
