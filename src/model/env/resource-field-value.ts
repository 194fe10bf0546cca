import type { Container, Pod, ResourceFieldSelector } from '../api/types.ts';
import { milliValue, parseQuantity, type Quantity, wholeValue, ZERO_QUANTITY } from '../quantity.ts';
import { parseResources, type ResourceAmounts } from '../resource-list.ts';

/**
 * What a container requests or may use at most of a resource, divided and rounded up.
 * A limit that is not set is the pod's, or else what the node has.
 * @param self the container that asks, when the reference names none
 * @throws RangeError when there is no such container
 * @see kubernetes/pkg/api/v1/resource/helpers.go
 */
export function resourceFieldValue(
  pod: Pod,
  self: Pick<Container, 'name' | 'resources'>,
  reference: Pick<ResourceFieldSelector, 'resource' | 'containerName' | 'divisor'>,
  nodeAllocatable: ResourceAmounts,
): string {
  const name = reference.containerName || self.name;
  const container = name === self.name ? self : findContainer(pod, name);
  if (container === undefined) throw new RangeError(`container ${name} not found`);
  const [kind, resource] = splitResource(reference.resource);
  const amount = amountOf(pod, container, kind, resource, nodeAllocatable);
  const divisor = parseQuantity(reference.divisor ?? '0');
  const inMilli = resource === 'cpu';
  const value = inMilli ? milliValue(amount) : wholeValue(amount);
  const unit =
    divisor.nano === 0n ? (inMilli ? 1000n : 1n) : inMilli ? milliValue(divisor) : wholeValue(divisor);
  return String((value + unit - 1n) / unit);
}

function splitResource(text: string): ['limits' | 'requests', string] {
  const match = /^(limits|requests)\.(.+)$/.exec(text);
  if (!match) throw new RangeError(`unsupported container resource: ${text}`);
  return [match[1] === 'limits' ? 'limits' : 'requests', match[2] ?? ''];
}

function amountOf(
  pod: Pod,
  container: Pick<Container, 'resources'>,
  kind: 'limits' | 'requests',
  resource: string,
  nodeAllocatable: ResourceAmounts,
): Quantity {
  const own = parseResources(container.resources?.[kind]).get(resource);
  if (kind === 'requests') return own ?? ZERO_QUANTITY;
  if (own !== undefined && own.nano > 0n) return own;
  const ofPod = parseResources(pod.spec?.resources?.limits).get(resource);
  return ofPod ?? nodeAllocatable.get(resource) ?? ZERO_QUANTITY;
}

function findContainer(pod: Pod, name: string): Container | undefined {
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find(
    (container) => container.name === name,
  );
}
