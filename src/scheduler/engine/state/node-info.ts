/** A node as the engine sees it: what does not change when pods come and go. */
import type { Node, Taint } from '../../../model/api/types.ts';
import { assertNoFieldErrors, FieldErrors } from '../../../model/field-error.ts';
import { type Labels, readLabels } from '../pod/labels.ts';
import { checkFields } from '../pod/check-structure.ts';
import { checkCount } from '../pod/limits.ts';
import { readAmount } from '../pod/read-amounts.ts';

export interface NodeInfo {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  /** In milli-CPUs and whole units, by resource's name; without `pods`. */
  readonly allocatable: ReadonlyMap<string, number>;
  readonly allowedPods: number;
  /** Sizes in bytes by image name. */
  readonly images: ReadonlyMap<string, number>;
  readonly node: Node;
}

function checkStructure(node: Node, errors: FieldErrors): void {
  checkFields('Node', node, 'node', [], errors);
  assertNoFieldErrors('Node', '', errors.list);
  checkFields('ObjectMeta', node.metadata, 'metadata', ['name', 'labels'], errors);
  checkFields('NodeSpec', node.spec, 'spec', ['taints', 'unschedulable'], errors);
  checkFields('NodeStatus', node.status, 'status', ['allocatable', 'capacity', 'images'], errors);
  assertNoFieldErrors('Node', '', errors.list);
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** @throws InvalidObjectError naming each wrong field */
export function readNode(node: Node): NodeInfo {
  const errors = new FieldErrors();
  checkStructure(node, errors);
  const name = node.metadata?.name ?? '';
  if (name === '') errors.required('metadata.name');
  const taints = node.spec?.taints ?? [];
  checkCount(taints, 'spec.taints', errors);
  for (const [index, { key, effect }] of taints.entries()) {
    if (!key) errors.required(`spec.taints[${index}].key`);
    if (!EFFECTS.includes(effect)) errors.notSupported(`spec.taints[${index}].effect`, effect, EFFECTS);
  }
  const allocatable = new Map<string, number>();
  const listed = node.status?.allocatable ?? node.status?.capacity ?? {};
  const field = node.status?.allocatable === undefined ? 'status.capacity' : 'status.allocatable';
  for (const [resource, text] of Object.entries(listed)) {
    allocatable.set(resource, readAmount(resource, text, `${field}[${resource}]`, errors));
  }
  const allowedPods = allocatable.get('pods') ?? 0;
  allocatable.delete('pods');
  const images = new Map<string, number>();
  for (const [index, image] of (node.status?.images ?? []).entries()) {
    const size = image.sizeBytes ?? 0;
    if (!Number.isFinite(size) || size < 0) {
      errors.invalid(`status.images[${index}].sizeBytes`, size, 'must be greater than or equal to 0');
    }
    for (const imageName of image.names ?? []) images.set(imageName, size);
  }
  assertNoFieldErrors('Node', name, errors.list);
  return {
    name,
    labels: readLabels(node.metadata?.labels),
    taints,
    unschedulable: node.spec?.unschedulable === true,
    allocatable,
    allowedPods,
    images,
    node,
  };
}
