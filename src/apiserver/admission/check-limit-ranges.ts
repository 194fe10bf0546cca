/** @see kubernetes/plugin/pkg/admission/limitranger/admission.go */
import type {
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
} from '../../model/api/types.ts';
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../model/quantity.ts';
import { addResources, maxResources, type ResourceAmounts } from '../../model/resource-list.ts';
import { forbidden } from '../errors/status-error.ts';
import { readableAmounts } from './readable-amounts.ts';

interface Asked {
  readonly requests: ResourceAmounts;
  readonly limits: ResourceAmounts;
}

/**
 * @param pod after `withLimitRangeDefaults`
 * @throws StatusError Forbidden with everything that is too small or too large
 */
export function checkPodLimits(pod: Pod, ranges: readonly LimitRange[]): void {
  const spec = pod.spec ?? { containers: [] };
  const problems = ranges
    .flatMap((range) => range.spec?.limits ?? [])
    .flatMap((item) => {
      if (item.type === 'Container') return containersOf(spec).flatMap((asked) => problemsOf(item, asked));
      return item.type === 'Pod' ? problemsOf(item, podTotal(spec)) : [];
    });
  refuse('pods', pod.metadata?.name, problems);
}

/** @throws StatusError Forbidden when the claim asks for too little or too much */
export function checkClaimLimits(claim: PersistentVolumeClaim, ranges: readonly LimitRange[]): void {
  const requests = readableAmounts(claim.spec?.resources?.requests);
  const problems = ranges
    .flatMap((range) => range.spec?.limits ?? [])
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => [
      ...belowMin(item, { requests, limits: new Map() }),
      // What a claim asks for is all that it gets: there are no limits.
      ...aboveMax(item, requests, new Map(), 'request'),
    ]);
  refuse('persistentvolumeclaims', claim.metadata?.name, problems);
}

function refuse(plural: string, name: string | undefined, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const unique = [...new Set(problems)];
  const text = unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
  throw forbidden({ group: '', plural }, name ?? '', text);
}

function containersOf({ containers, initContainers = [] }: PodSpec): Asked[] {
  return [...containers, ...initContainers].map(({ resources }) => ({
    requests: readableAmounts(resources?.requests),
    limits: readableAmounts(resources?.limits),
  }));
}

/** What runs together counts together, as far as every container says it; init containers run one by one. */
function podTotal({ containers, initContainers = [] }: PodSpec): Asked {
  const running = containersOf({ containers });
  const starting = containersOf({ containers: initContainers });
  const total = (kind: keyof Asked) =>
    starting.reduce<ResourceAmounts>(
      (sum, asked) => maxResources(sum, asked[kind]),
      sumOfCommon(running.map((asked) => asked[kind])),
    );
  return { requests: total('requests'), limits: total('limits') };
}

function sumOfCommon(lists: readonly ResourceAmounts[]): ResourceAmounts {
  const sum = lists.reduce<ResourceAmounts>((total, list) => addResources(total, list), new Map());
  return new Map([...sum].filter(([name]) => lists.every((list) => list.has(name))));
}

function problemsOf(item: LimitRangeItem, asked: Asked): string[] {
  return [
    ...belowMin(item, asked),
    ...aboveMax(item, asked.limits, asked.requests, 'limit'),
    ...aboveRatio(item, asked),
  ];
}

function belowMin({ type, min = {} }: LimitRangeItem, { requests, limits }: Asked): string[] {
  return Object.entries(min).flatMap(([name, text]) => {
    const bound = `minimum ${name} usage per ${type} is ${text}`;
    const request = requests.get(name);
    if (request === undefined) return [`${bound}. No request is specified`];
    if (isLess(request, text)) return [`${bound}, but request is ${formatQuantity(request)}`];
    const limit = limits.get(name);
    return limit !== undefined && isLess(limit, text)
      ? [`${bound}, but limit is ${formatQuantity(limit)}`]
      : [];
  });
}

/** @param others must be within the bounds too, when they are there at all */
function aboveMax(
  { type, max = {} }: LimitRangeItem,
  amounts: ResourceAmounts,
  others: ResourceAmounts,
  word: 'limit' | 'request',
): string[] {
  return Object.entries(max).flatMap(([name, text]) => {
    const bound = `maximum ${name} usage per ${type} is ${text}`;
    const amount = amounts.get(name);
    if (amount === undefined) return [`${bound}. No ${word} is specified`];
    if (isMore(amount, text)) return [`${bound}, but ${word} is ${formatQuantity(amount)}`];
    const other = others.get(name);
    return other !== undefined && isMore(other, text)
      ? [`${bound}, but request is ${formatQuantity(other)}`]
      : [];
  });
}

function aboveRatio(
  { type, maxLimitRequestRatio = {} }: LimitRangeItem,
  { requests, limits }: Asked,
): string[] {
  return Object.entries(maxLimitRequestRatio).flatMap(([name, text]) => {
    const bound = `${name} max limit to request ratio per ${type} is ${text}`;
    const request = Number(requests.get(name)?.nano ?? 0n);
    const limit = Number(limits.get(name)?.nano ?? 0n);
    if (request === 0) return [`${bound}, but no request is specified or request is 0`];
    if (limit === 0) return [`${bound}, but no limit is specified or limit is 0`];
    const allowed = Number(parseQuantity(text).nano) / Number(parseQuantity('1').nano);
    const ratio = limit / request;
    return ratio > allowed ? [`${bound}, but provided ratio is ${ratio.toFixed(6)}`] : [];
  });
}

function isLess(quantity: Quantity, bound: string): boolean {
  return compareQuantities(quantity, parseQuantity(bound)) < 0;
}

function isMore(quantity: Quantity, bound: string): boolean {
  return compareQuantities(quantity, parseQuantity(bound)) > 0;
}
