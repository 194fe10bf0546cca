/** What would make one node suit a pod: looks at what the first plugin says that turns it away, and mends that. */
import type { Affinity, Pod, PodSpec } from '../../model/api/types.ts';
import { isPodLevelResource } from '../../model/pod-requests.ts';
import type { NodeRejection, RejectionDetail } from '../engine/decision.ts';
import { rejectionOf } from '../engine/explain.ts';
import { type PodInfo, podName } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import type { NodeInfo } from '../engine/state/node-info.ts';
import { carryOut, type ChangeStep } from './change-step.ts';
import { smallestEviction } from './smallest-eviction.ts';

/** Of several ways to mend a thing, which one is taken. */
export interface RepairManner {
  readonly room: 'free' | 'evict' | 'request';
  readonly labels: 'label' | 'drop';
}

export const MANNERS: readonly RepairManner[] = (['free', 'evict', 'request'] as const).flatMap((room) =>
  (['label', 'drop'] as const).map((labels) => ({ room, labels })),
);

const MAX_STEPS = 12;
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** Steps after which the node suits the pod; nothing when there is no way in this manner. The snapshot stays as it is. */
export function repairNode(
  engine: SchedulingEngine,
  pod: Pod,
  slot: number,
  manner: RepairManner,
): ChangeStep[] | undefined {
  const { snapshot } = engine;
  const name = snapshot.nodes.info(slot).name;
  const steps: ChangeStep[] =
    (pod.spec?.schedulingGates ?? []).length > 0 ? [drop('spec.schedulingGates')] : [];
  while (steps.length < MAX_STEPS) {
    const mended = snapshot.attempt(() => {
      const changed = carryOut(steps, snapshot, pod);
      const info = snapshot.readPod(changed);
      const rejection = rejectionOf(slot, name, engine.stepsFor(info));
      return rejection && (new Repair(engine, info, changed, slot, manner).mend(rejection) ?? []);
    });
    if (mended === undefined) return steps;
    if (mended.length === 0) return undefined;
    steps.push(...mended.map((step) => atFirst(step, steps)));
  }
  return undefined;
}

/** A step about the pod as changed so far, told of the pod as it was at first: what was dropped moved the rest up. */
function atFirst(step: ChangeStep, before: readonly ChangeStep[]): ChangeStep {
  if (step.kind !== 'drop') return step;
  const [, list, position] = /^(.*)\[(\d+)\]$/.exec(step.field) ?? [];
  if (list === undefined) return step;
  const dropped = before
    .flatMap((one) => (one.kind === 'drop' && one.field.startsWith(`${list}[`) ? [one.field] : []))
    .map((field) => Number(field.slice(list.length + 1, -1)))
    .sort((a, b) => a - b);
  let index = Number(position);
  for (const gone of dropped) if (gone <= index) index++;
  return drop(`${list}[${index}]`);
}

function drop(field: string): ChangeStep {
  return { kind: 'drop', field };
}

class Repair {
  readonly #engine: SchedulingEngine;
  readonly #info: PodInfo;
  readonly #pod: Pod;
  readonly #spec: PodSpec;
  readonly #slot: number;
  readonly #node: NodeInfo;
  readonly #manner: RepairManner;

  constructor(engine: SchedulingEngine, info: PodInfo, pod: Pod, slot: number, manner: RepairManner) {
    this.#engine = engine;
    this.#info = info;
    this.#pod = pod;
    this.#spec = pod.spec ?? { containers: [] };
    this.#slot = slot;
    this.#node = engine.snapshot.nodes.info(slot);
    this.#manner = manner;
  }

  mend(rejection: NodeRejection): ChangeStep[] | undefined {
    switch (rejection.plugin) {
      case 'NodeResourcesFit':
        return this.#makeRoom(rejection);
      case 'NodeUnschedulable':
        return [{ kind: 'uncordon', node: this.#node.name }];
      case 'TaintToleration':
        return rejection.details.flatMap((detail) =>
          detail.kind === 'taint'
            ? [{ kind: 'tolerate', key: detail.key, value: detail.value, effect: detail.effect }]
            : [],
        );
      case 'NodeName':
        return [drop('spec.nodeName')];
      case 'NodeAffinity':
        return this.#matchNode();
      case 'NodePorts':
        return this.#manner.room === 'evict' ? this.#evict() : this.#dropPorts(rejection.details);
      case 'PodTopologySpread':
        return this.#dropSpread(rejection.details);
      case 'InterPodAffinity':
        return this.#manner.room === 'evict' && rejection.preemptible
          ? this.#evict()
          : this.#dropTerm(rejection);
      default:
        return undefined;
    }
  }

  #evict(): ChangeStep[] | undefined {
    const pods = smallestEviction(this.#engine, this.#info, this.#slot);
    return pods && [{ kind: 'evict', node: this.#node.name, pods: pods.map(podName) }];
  }

  #makeRoom({ details }: NodeRejection): ChangeStep[] | undefined {
    const { room } = this.#manner;
    const node = this.#node.name;
    if (room === 'evict') return this.#evict();
    const steps = details.flatMap((detail): ChangeStep[] => {
      if (detail.kind !== 'resource') return [];
      const { resource, needed, free, allocatable } = detail;
      if (room === 'request') {
        return isPodLevelResource(resource) && free > 0
          ? [{ kind: 'request', resource, from: needed, to: free }]
          : [];
      }
      const kind = needed <= allocatable ? 'free' : 'enlarge';
      return [{ kind, node, resource, amount: needed - free }];
    });
    return steps.length === details.length ? steps : undefined;
  }

  /** Labels that are missing, or what asks for them. */
  #matchNode(): ChangeStep[] | undefined {
    const missing = Object.entries(this.#spec.nodeSelector ?? {}).filter(
      ([key, value]) => this.#node.labels.get(key) !== value,
    );
    if (missing.length > 0) {
      if (this.#manner.labels === 'drop') return missing.map(([key]) => drop(`spec.nodeSelector[${key}]`));
      return missing.map(([key, value]) => ({ kind: 'label', node: this.#node.name, key, value }));
    }
    if (this.#spec.affinity?.nodeAffinity?.[REQUIRED] === undefined) return undefined;
    if (this.#manner.labels === 'drop') return [drop(`spec.affinity.nodeAffinity.${REQUIRED}`)];
    return this.#labelsOfATerm();
  }

  /** Of the terms that labels can meet, the one that lacks the fewest. */
  #labelsOfATerm(): ChangeStep[] | undefined {
    const terms = this.#spec.affinity?.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? [];
    let best: ChangeStep[] | undefined;
    for (const { matchExpressions = [], matchFields = [] } of terms) {
      if (matchFields.length > 0) continue;
      const steps = matchExpressions.flatMap(({ key, operator, values = [] }): ChangeStep[] => {
        const present = this.#node.labels.get(key);
        const value = operator === 'Exists' ? 'true' : values[0];
        const met = present !== undefined && (operator === 'Exists' || values.includes(present));
        if (met || (operator !== 'In' && operator !== 'Exists') || value === undefined) return [];
        return [{ kind: 'label', node: this.#node.name, key, value }];
      });
      if (steps.length > 0 && (best === undefined || steps.length < best.length)) best = steps;
    }
    return best;
  }

  #dropPorts(details: readonly RejectionDetail[]): ChangeStep[] {
    const taken = new Set(details.flatMap((detail) => (detail.kind === 'ports' ? detail.ports : [])));
    return this.#spec.containers.flatMap(({ ports = [] }, container) =>
      ports.flatMap(({ hostIP = '0.0.0.0', hostPort = 0, protocol = 'TCP' }, index) =>
        taken.has(`${hostIP || '0.0.0.0'}:${hostPort}/${protocol}`)
          ? [drop(`spec.containers[${container}].ports[${index}].hostPort`)]
          : [],
      ),
    );
  }

  #dropSpread(details: readonly RejectionDetail[]): ChangeStep[] {
    const [detail] = details;
    const index = (this.#spec.topologySpreadConstraints ?? []).findIndex(
      ({ topologyKey, whenUnsatisfiable }) =>
        whenUnsatisfiable === 'DoNotSchedule' &&
        detail?.kind === 'spread' &&
        topologyKey === detail.topologyKey,
    );
    return index < 0 ? [] : [drop(`spec.topologySpreadConstraints[${index}]`)];
  }

  #dropTerm({ reasons, details }: NodeRejection): ChangeStep[] {
    const kind: keyof Affinity = reasons.join().includes('anti-affinity') ? 'podAntiAffinity' : 'podAffinity';
    const [detail] = details;
    const terms = this.#pod.spec?.affinity?.[kind]?.[REQUIRED] ?? [];
    const index = terms.findIndex(
      ({ topologyKey }) => detail?.kind === 'affinity' && topologyKey === detail.topologyKey,
    );
    return index < 0 ? [] : [drop(`spec.affinity.${kind}.${REQUIRED}[${index}]`)];
  }
}
