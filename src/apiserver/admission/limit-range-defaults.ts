/** @see kubernetes/plugin/pkg/admission/limitranger/admission.go */
import type { Container, LimitRange, LimitRangeItem, Pod, PodSpec } from '../../model/api/types.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';
type Amounts = Record<string, string>;

/** A copy of a new pod whose containers ask for what the namespace gives those that say nothing; it notes what it set. */
export function withLimitRangeDefaults(pod: Pod, ranges: readonly LimitRange[]): Pod {
  const items = ranges.flatMap(({ spec }) => spec?.limits ?? []).filter(({ type }) => type === 'Container');
  if (items.length === 0 || pod.spec === undefined) return pod;
  const notes: string[] = [];
  const defaulted = (what: string) => (container: Container) =>
    items.reduce((present, item) => withDefaults(present, item, what, notes), container);
  const spec: PodSpec = { ...pod.spec, containers: pod.spec.containers.map(defaulted('container')) };
  if (pod.spec.initContainers !== undefined)
    spec.initContainers = pod.spec.initContainers.map(defaulted('init container'));
  if (notes.length === 0) return pod;
  const annotations = {
    ...pod.metadata?.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec };
}

function withDefaults(container: Container, item: LimitRangeItem, what: string, notes: string[]): Container {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const newLimits = missingOf(item.default ?? {}, limits);
  const newRequests = missingOf(item.defaultRequest ?? {}, requests);
  const setRequests = Object.keys(newRequests).sort();
  const setLimits = Object.keys(newLimits).sort();
  if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${what} ${container.name}`);
  if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${what} ${container.name}`);
  if (setRequests.length + setLimits.length === 0) return container;
  const resources = { ...container.resources };
  if (Object.keys(limits).length + setLimits.length > 0) resources.limits = { ...limits, ...newLimits };
  if (Object.keys(requests).length + setRequests.length > 0)
    resources.requests = { ...requests, ...newRequests };
  return { ...container, resources };
}

function missingOf(defaults: Amounts, present: Amounts): Amounts {
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !Object.hasOwn(present, name)));
}
