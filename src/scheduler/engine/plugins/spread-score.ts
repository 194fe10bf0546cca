/**
 * @see kubernetes/pkg/scheduler/framework/plugins/podtopologyspread/scoring.go
 */
import type { SpreadConstraint } from '../pod/spread-constraints.ts';
import type { PluginContext, ScoreStep } from '../plugin.ts';
import type { DomainCounter } from '../state/domain-counter.ts';
import { NO_DOMAIN, type Topology } from '../state/topology.ts';
import { countConstraints, countOnNodes, HOSTNAME } from './spread-counters.ts';

/** What stands for the score of a node that lacks a key: it gets 0. */
const IGNORED = -1;

interface ScoredConstraint {
  readonly constraint: SpreadConstraint;
  readonly topology: Topology;
  readonly counter: DomainCounter;
}

/** The fewer pods in a node's domains, the better; the more domains there are, the more each pod weighs. */
export function scoreSpread(
  { snapshot, pod }: PluginContext,
  constraints: readonly SpreadConstraint[],
  needsAllKeys: boolean,
): ScoreStep {
  const keys = needsAllKeys ? constraints.map(({ topologyKey }) => topologyKey) : [];
  const scored = countConstraints(snapshot, pod, constraints, keys).map(({ constraint, counter }) => ({
    constraint,
    topology: counter.topology,
    counter: constraint.topologyKey === HOSTNAME ? countOnNodes(snapshot, pod, constraint) : counter,
  }));
  return {
    normalisation: fewestBest,
    score(nodes, count, scores) {
      const ignored = needsAllKeys ? markIgnored(scored, nodes, count, scores) : 0;
      if (!needsAllKeys) scores.fill(0, 0, count);
      for (const one of scored) addScores(one, nodes, count, count - ignored, scores);
      for (let index = 0; index < count; index++) scores[index] = Math.floor((scores[index] as number) + 0.5);
    },
  };
}

/** Sets the others' scores to 0. */
function markIgnored(
  scored: readonly ScoredConstraint[],
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): number {
  scores.fill(0, 0, count);
  let ignored = 0;
  for (const { topology } of scored) {
    const { domainOf, missing } = topology;
    if (missing === 0) continue;
    for (let index = 0; index < count; index++) {
      if ((domainOf[nodes[index] as number] as number) >= 0 || scores[index] === IGNORED) continue;
      scores[index] = IGNORED;
      ignored++;
    }
  }
  return ignored;
}

function addScores(
  { constraint, topology, counter }: ScoredConstraint,
  nodes: Int32Array,
  count: number,
  considered: number,
  scores: Float64Array,
): void {
  const domains =
    constraint.topologyKey === HOSTNAME ? considered : countDomains(topology, nodes, count, scores);
  const weight = Math.log(domains + 2);
  const constant = constraint.maxSkew - 1;
  const { domainOf } = topology;
  const { sums } = counter;
  const countsOf = counter.topology.domainOf;
  for (let index = 0; index < count; index++) {
    const score = scores[index] as number;
    const node = nodes[index] as number;
    if (score === IGNORED || (domainOf[node] as number) < 0) continue;
    scores[index] = score + ((sums[countsOf[node] as number] ?? 0) * weight + constant);
  }
}

/** Of the nodes that are not ignored; nodes without the label are a domain too. */
function countDomains(
  { domainOf, values, missing }: Topology,
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): number {
  const seen = new Uint8Array(values.length + 1);
  let domains = 0;
  const most = missing === 0 ? values.length : values.length + 1;
  for (let index = 0; index < count && domains < most; index++) {
    if (scores[index] === IGNORED) continue;
    const place = (domainOf[nodes[index] as number] as number) - NO_DOMAIN;
    if (seen[place] === 0) {
      seen[place] = 1;
      domains++;
    }
  }
  return domains;
}

function fewestBest(_nodes: Int32Array, count: number, scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < count; index++) {
    const score = scores[index] as number;
    if (score === IGNORED) continue;
    if (score < least) least = score;
    if (score > largest) largest = score;
  }
  for (let index = 0; index < count; index++) {
    const score = scores[index] as number;
    if (score === IGNORED) scores[index] = 0;
    else scores[index] = largest === 0 ? 100 : Math.trunc((100 * (largest + least - score)) / largest);
  }
}
