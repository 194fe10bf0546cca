/** @see kubernetes/pkg/apis/core/v1/defaults.go */
import { copyPlain } from '../copy-plain.ts';
import type { LimitRange, LimitRangeItem, ResourceQuota } from '../api/types.ts';
import { canonicalizeQuantities } from './canonical-quantities.ts';

/** A copy in which containers' defaults follow from their bounds. */
export function defaultLimitRange(range: LimitRange): LimitRange {
  const copy: LimitRange = { ...copyPlain(range), apiVersion: 'v1', kind: 'LimitRange' };
  canonicalizeQuantities(copy, 'LimitRange');
  for (const item of copy.spec?.limits ?? []) if (item.type === 'Container') defaultItem(item);
  return copy;
}

/** The most that is allowed is the limit, the limit is the request, and then the least that is allowed. */
function defaultItem(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

/** A copy with its quantities written canonically. */
export function defaultResourceQuota(quota: ResourceQuota): ResourceQuota {
  const copy: ResourceQuota = { ...copyPlain(quota), apiVersion: 'v1', kind: 'ResourceQuota' };
  canonicalizeQuantities(copy, 'ResourceQuota');
  return copy;
}
