import type { PodSpec, ResourceRequirements } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { aggregateContainerLimits, aggregateContainerRequests, isPodLevelResource } from '../pod-requests.ts';
import { compareQuantities, formatQuantity, type Quantity, tryParseQuantity } from '../quantity.ts';
import { checkQualifiedName } from './names.ts';

const NANO = 1_000_000_000n;
const NO_AMOUNTS: ReadonlyMap<string, Quantity> = new Map();
const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];

/** Requests and limits of one container. */
export function validateResources(
  errors: FieldErrors,
  resources: ResourceRequirements | undefined,
  field: string,
): void {
  if (resources === undefined) return;
  const limits = validateList(errors, resources.limits, `${field}.limits`);
  const requests = validateList(errors, resources.requests, `${field}.requests`);
  let hasHuge = false;
  for (const amounts of [limits, requests])
    for (const name of amounts.keys()) {
      if (amounts === limits || !limits.has(name)) validateName(errors, name, field, limits);
      hasHuge ||= name.startsWith('hugepages-');
    }
  validateRequestsWithinLimits(errors, requests, limits, field);
  const has = (name: string) => limits.has(name) || requests.has(name);
  if (hasHuge && !has('cpu') && !has('memory')) errors.forbidden(field, 'HugePages require cpu or memory');
}

/** Requests and limits of the pod as a whole. */
export function validatePodResources(errors: FieldErrors, spec: PodSpec, specField: string): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const field = `${specField}.resources`;
  if ((resources.claims ?? []).length > 0) {
    errors.forbidden(`${field}.claims`, 'claims may not be set for Resources at pod-level');
  }
  const limits = validateList(errors, resources.limits, `${field}.limits`);
  const requests = validateList(errors, resources.requests, `${field}.requests`);
  for (const [kind, list] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const name of list.keys()) {
      if (isPodLevelResource(name)) continue;
      errors.notSupported(`${field}.${kind}[${name}]`, name, ['cpu', 'hugepages-', 'memory']);
    }
  }
  validateRequestsWithinLimits(errors, requests, limits, field);
  if (errors.list.length > 0) return;
  for (const [name, total] of aggregateContainerRequests(spec)) {
    const own = requests.get(name);
    if (own === undefined || compareQuantities(own, total) >= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${formatQuantity(total)}`;
    errors.invalid(`${field}.requests[${name}]`, formatQuantity(own), detail);
  }
  for (const [name, total] of aggregateContainerLimits(spec)) {
    const own = limits.get(name);
    if (own === undefined || !name.startsWith('hugepages-') || compareQuantities(own, total) >= 0) continue;
    const detail = `must be greater than or equal to aggregate container limits of ${formatQuantity(total)}`;
    errors.invalid(`${field}.limits[${name}]`, formatQuantity(own), detail);
  }
}

export function validateList(
  errors: FieldErrors,
  list: Record<string, string> | undefined,
  field: string,
): ReadonlyMap<string, Quantity> {
  if (list === undefined) return NO_AMOUNTS;
  const amounts = new Map<string, Quantity>();
  for (const name of Object.keys(list)) {
    const text = list[name] ?? '';
    const path = `${field}[${name}]`;
    const quantity = tryParseQuantity(text);
    if (quantity === undefined) {
      errors.invalid(path, text, 'must be a quantity like 500m or 64Mi');
      continue;
    }
    amounts.set(name, quantity);
    if (quantity.nano < 0n) errors.invalid(path, text, 'must be greater than or equal to 0');
    else if (isWhole(name) && quantity.nano % NANO !== 0n) errors.invalid(path, text, 'must be an integer');
    const pageSize = hugePageSize(name);
    if (pageSize !== undefined && quantity.nano % pageSize !== 0n) {
      errors.invalid(path, text, 'must be a positive integer multiple of the page size');
    }
  }
  return amounts;
}

function validateName(
  errors: FieldErrors,
  name: string,
  field: string,
  limits: ReadonlyMap<string, Quantity>,
): void {
  const path = `${field}.${limits.has(name) ? 'limits' : 'requests'}[${name}]`;
  errors.invalidFor(path, name, checkQualifiedName(name));
  if (name.startsWith('hugepages-')) {
    if (hugePageSize(name) === undefined)
      errors.invalid(path, name, 'must name a page size like hugepages-2Mi');
    return;
  }
  if (!name.includes('/') && !STANDARD.includes(name)) {
    errors.invalid(path, name, 'must be a standard resource for containers');
  }
}

function validateRequestsWithinLimits(
  errors: FieldErrors,
  requests: ReadonlyMap<string, Quantity>,
  limits: ReadonlyMap<string, Quantity>,
  field: string,
): void {
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    const overcommittable = !isWhole(name);
    if (limit === undefined) {
      if (!overcommittable)
        errors.required(`${field}.limits`, 'Limit must be set for non overcommitable resources');
      continue;
    }
    if (!overcommittable && compareQuantities(request, limit) !== 0) {
      const detail = `must be equal to ${name} limit of ${formatQuantity(limit)}`;
      errors.invalid(`${field}.requests`, formatQuantity(request), detail);
    } else if (compareQuantities(request, limit) > 0) {
      const detail = `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`;
      errors.invalid(`${field}.requests`, formatQuantity(request), detail);
    }
  }
}

/** Devices and huge pages are counted one by one, and cannot be promised twice. */
function isWhole(name: string): boolean {
  return name.startsWith('hugepages-') || (name.includes('/') && !name.startsWith('kubernetes.io/'));
}

function hugePageSize(name: string): bigint | undefined {
  if (!name.startsWith('hugepages-')) return undefined;
  const size = tryParseQuantity(name.slice('hugepages-'.length));
  return size === undefined || size.nano <= 0n ? undefined : size.nano;
}
