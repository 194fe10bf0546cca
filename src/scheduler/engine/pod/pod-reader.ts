/** Reads pods; what pods of one template share is read once. */
import type { Pod, PodSpec } from '../../../model/api/types.ts';
import { assertNoFieldErrors, FieldErrors } from '../../../model/field-error.ts';
import type { NodeTable } from '../state/node-table.ts';
import type { PodPopulation } from '../state/pod-population.ts';
import { groupKeyOf } from './group-key.ts';
import { checkFields } from './check-structure.ts';
import { compileAffinity, NO_TERMS } from './affinity-terms.ts';
import { readLabels } from './labels.ts';
import { NOWHERE, type PodInfo, type PodTemplate } from './pod-info.ts';
import { compileShape, type PodShape } from './pod-shape.ts';
import { resolvePriority, type PriorityClasses } from './priority.ts';
import { compileSpread } from './spread-constraints.ts';

/** When more are known, they are forgotten; pods keep theirs. */
const MAX_KNOWN = 20_000;

interface KnownPriorities {
  readonly priorityClasses: PriorityClasses;
  /** By the PodGroup's `namespace/name`. */
  readonly gangPriorities: ReadonlyMap<string, number>;
}

export class PodReader {
  readonly #nodes: NodeTable;
  readonly #population: PodPopulation;
  readonly #shapes = new Map<string, PodShape>();
  readonly #templates = new Map<string, PodTemplate>();

  constructor(nodes: NodeTable, population: PodPopulation) {
    this.#nodes = nodes;
    this.#population = population;
  }

  /** @throws InvalidObjectError naming each wrong field that scheduling depends on */
  read(pod: Pod, { priorityClasses, gangPriorities }: KnownPriorities): PodInfo {
    const errors = new FieldErrors();
    checkFields('Pod', pod, 'pod', [], errors);
    assertNoFieldErrors('Pod', '', errors.list);
    const metadata = checkMetadata(pod.metadata, errors);
    const name = metadata.name ?? '';
    if (name === '' && !metadata.uid) errors.required('metadata.name');
    if (!Array.isArray(pod.spec?.containers)) errors.required('spec.containers');
    assertNoFieldErrors('Pod', name, errors.list);
    const { priority, mayPreempt } = resolvePriority(pod, priorityClasses, errors);
    const template = this.#template(pod, errors);
    assertNoFieldErrors('Pod', name, errors.list);
    const gang = groupKeyOf(pod);
    return {
      key: metadata.uid ?? `${metadata.namespace ?? 'default'}/${name}`,
      name,
      template,
      priority: gangPriorities.get(gang ?? '') ?? priority,
      mayPreempt,
      terminating: Boolean(metadata.deletionTimestamp),
      createdMs: readTime(metadata.creationTimestamp),
      startedMs: readTime(pod.status?.startTime),
      gang,
      pod,
      slot: NOWHERE,
      position: NOWHERE,
    };
  }

  #template(pod: Pod, errors: FieldErrors): PodTemplate {
    const { metadata = {}, spec = { containers: [] } } = pod;
    const shapeKey = keyOfChecked(pod, spec, errors);
    const key = JSON.stringify([
      metadata.namespace ?? 'default',
      metadata.labels ?? {},
      shapeKey,
      spec.affinity?.podAffinity,
      spec.affinity?.podAntiAffinity,
      spec.topologySpreadConstraints,
      spec.schedulerName,
      spec.schedulingGates,
    ]);
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    checkSpec(pod, errors);
    assertNoFieldErrors('Pod', metadata.name ?? '', errors.list);
    const template = this.#compile(key, pod, spec, shapeKey, errors);
    if (errors.list.length > 0) return template;
    if (this.#templates.size >= MAX_KNOWN) this.#templates.clear();
    this.#templates.set(key, template);
    return template;
  }

  #compile(key: string, pod: Pod, spec: PodSpec, shapeKey: string, errors: FieldErrors): PodTemplate {
    const namespace = pod.metadata?.namespace ?? 'default';
    return {
      key,
      namespace,
      labels: readLabels(pod.metadata?.labels),
      groupKey: JSON.stringify([namespace, pod.metadata?.labels ?? {}]),
      shape: this.#shape(shapeKey, pod, errors),
      spread: compileSpread(pod, spec.topologySpreadConstraints ?? [], errors),
      schedulerName: spec.schedulerName || 'default-scheduler',
      gates: (spec.schedulingGates ?? []).map(({ name }) => name),
      affinity: spec.affinity ? compileAffinity(pod, spec.affinity, this.#population, errors) : NO_TERMS,
    };
  }

  #shape(key: string, pod: Pod, errors: FieldErrors): PodShape {
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const shape = compileShape(key, pod, this.#nodes, errors);
    if (errors.list.length > 0) return shape;
    if (this.#shapes.size >= MAX_KNOWN) this.#shapes.clear();
    this.#shapes.set(key, shape);
    return shape;
  }
}

/** What lacks all but the few fields that every pod differs in is checked when its template is new. */
function checkSpec(pod: Pod, errors: FieldErrors): void {
  checkFields('Pod', pod, '', ['spec'], errors);
}

function checkMetadata(metadata: unknown, errors: FieldErrors): NonNullable<Pod['metadata']> {
  checkFields('ObjectMeta', metadata, 'metadata', ['name', 'namespace', 'uid', 'labels'], errors);
  return errors.list.length > 0 ? {} : (metadata ?? {});
}

/** A spec that is no spec may not even have a key. */
function keyOfChecked(pod: Pod, spec: PodSpec, errors: FieldErrors): string {
  try {
    return keyOfShape(pod, spec);
  } catch (error) {
    checkSpec(pod, errors);
    assertNoFieldErrors('Pod', pod.metadata?.name ?? '', errors.list);
    throw error;
  }
}

/** Claims belong to a namespace, and those of ephemeral volumes to a pod. */
function keyOfShape(pod: Pod, spec: PodSpec): string {
  const claims = (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim || ephemeral
      ? [pod.metadata?.namespace, persistentVolumeClaim?.claimName ?? `${pod.metadata?.name}-${name}`]
      : [],
  );
  const containers = (list: PodSpec['containers'] | undefined) =>
    list?.map(({ image, resources, ports, restartPolicy }) => [
      image,
      resources?.requests,
      ports,
      restartPolicy,
    ]);
  return JSON.stringify([
    spec.nodeName,
    spec.tolerations,
    spec.nodeSelector,
    spec.affinity?.nodeAffinity,
    containers(spec.containers),
    containers(spec.initContainers),
    spec.resources?.requests,
    spec.overhead,
    claims,
  ]);
}

function readTime(text: string | undefined): number {
  const time = text === undefined ? 0 : Date.parse(text);
  return Number.isNaN(time) ? 0 : time;
}
