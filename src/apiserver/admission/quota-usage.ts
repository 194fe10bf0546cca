/**
 * How much of a quota an object takes.
 * @see kubernetes/pkg/quota/v1/evaluator/core
 */
import type { PersistentVolumeClaim, Pod } from '../../model/api/types.ts';
import { podLimits, podRequests } from '../../model/pod-requests.ts';
import { type Quantity, quantityOf, tryParseQuantity } from '../../model/quantity.ts';
import type { ResourceAmounts } from '../../model/resource-list.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';

/** Kinds of the core group that may be counted by their plain name. */
const PLAINLY_COUNTED: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);
const MEASURED = ['cpu', 'memory', 'ephemeral-storage'];
const CLASS_SUFFIX = '.storageclass.storage.k8s.io';

type Kind = Pick<Resource, 'group' | 'plural'>;

/** What an object takes, by the names that a quota has for it: `pods`, `requests.cpu`, `count/jobs.batch`. */
export function quotaUsage({ group, plural }: Kind, object: ApiObject): ResourceAmounts {
  const usage = new Map<string, Quantity>();
  const counted = group === '' ? plural : `${plural}.${group}`;
  usage.set(`count/${counted}`, quantityOf(1));
  if (group !== '') return usage;
  if (plural === 'pods') addPod(usage, object);
  if (PLAINLY_COUNTED.has(plural)) usage.set(plural, quantityOf(1));
  if (plural === 'persistentvolumeclaims') addClaim(usage, object);
  return usage;
}

function addPod(usage: Map<string, Quantity>, pod: Pod): void {
  // What has ended holds nothing any more, though it is still an object.
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
  usage.set('pods', quantityOf(1));
  const { requests, limits } = amountsOf(pod);
  for (const [name, quantity] of requests) {
    if (MEASURED.includes(name) || name.startsWith('hugepages-')) usage.set(name, quantity);
    usage.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of limits) if (MEASURED.includes(name)) usage.set(`limits.${name}`, quantity);
}

/** What is no quantity is for validation to tell. */
function amountsOf(pod: Pod): { requests: ResourceAmounts; limits: ResourceAmounts } {
  try {
    return { requests: podRequests(pod), limits: podLimits(pod) };
  } catch (error) {
    if (error instanceof RangeError) return { requests: new Map(), limits: new Map() };
    throw error;
  }
}

function addClaim(usage: Map<string, Quantity>, { spec }: PersistentVolumeClaim): void {
  const storage = tryParseQuantity(spec?.resources?.requests?.['storage'] ?? '0') ?? quantityOf(0);
  usage.set('requests.storage', storage);
  const className = spec?.storageClassName;
  if (!className) return;
  usage.set(`${className}${CLASS_SUFFIX}/requests.storage`, storage);
  usage.set(`${className}${CLASS_SUFFIX}/persistentvolumeclaims`, quantityOf(1));
}
