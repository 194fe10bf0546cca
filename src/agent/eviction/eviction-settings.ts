/** When a node is short of something. @see kubernetes/pkg/kubelet/eviction/helpers.go ParseThresholdConfig */
import { tryParseQuantity, wholeValue } from '../../model/quantity.ts';

export const EVICTION_SIGNALS = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type EvictionSignal = (typeof EVICTION_SIGNALS)[number];

/** Bytes, inodes or processes; or a share of what there is. As it was written, too. */
export type Amount = { readonly text: string } & (
  | { readonly value: number; readonly percent?: undefined }
  | { readonly percent: number; readonly value?: undefined }
);

export interface Threshold {
  readonly signal: EvictionSignal;
  /** Less than this is too little. */
  readonly amount: Amount;
  /** How long it has to be so before a pod is evicted; 0: at once. */
  readonly graceMs: number;
  /** Whether the pod gets next to no time to end. */
  readonly isHard: boolean;
  /** How much more than the threshold is to be freed once it was met. */
  readonly minReclaim: Amount | undefined;
}

export interface EvictionSettings {
  readonly thresholds: readonly Threshold[];
  /** For how long a condition stays after its cause was last seen. */
  readonly transitionMs: number;
  /** The most that a pod gets to end when a soft threshold is met. */
  readonly maxPodGraceSeconds: number;
}

/** The kubelet's, as its configuration writes them. */
export const DEFAULT_EVICTION_HARD: Readonly<Record<string, string>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};
export const DEFAULT_TRANSITION_MS = 300_000;

export interface EvictionWishes {
  readonly hard?: Readonly<Record<string, string>>;
  readonly soft?: Readonly<Record<string, string>>;
  readonly softGraceMs?: Readonly<Record<string, number>>;
  readonly minReclaim?: Readonly<Record<string, string>>;
  readonly transitionMs?: number;
  readonly maxPodGraceSeconds?: number;
}

/** Signals and amounts have been checked before; unknown ones are left out. */
export function evictionSettings(wishes: EvictionWishes = {}): EvictionSettings {
  const { hard = DEFAULT_EVICTION_HARD, soft = {}, softGraceMs = {}, minReclaim = {} } = wishes;
  const read = (list: Readonly<Record<string, string>>, isHard: boolean): Threshold[] =>
    EVICTION_SIGNALS.flatMap((signal) => {
      const amount = parseAmount(list[signal] ?? '');
      if (amount === undefined || amount.value === 0 || amount.percent === 0) return [];
      const graceMs = isHard ? 0 : (softGraceMs[signal] ?? 0);
      return [{ signal, amount, graceMs, isHard, minReclaim: parseAmount(minReclaim[signal] ?? '') }];
    });
  return {
    thresholds: [...read(hard, true), ...read(soft, false)],
    transitionMs: wishes.transitionMs ?? DEFAULT_TRANSITION_MS,
    maxPodGraceSeconds: wishes.maxPodGraceSeconds ?? 0,
  };
}

/** `100Mi` or `10%`; nothing when it is neither. */
export function parseAmount(text: string): Amount | undefined {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (share !== undefined) {
    const percent = Number(share);
    return percent <= 100 ? { text, percent } : undefined;
  }
  const quantity = tryParseQuantity(text);
  if (quantity === undefined || quantity.nano < 0n) return undefined;
  return { text, value: Number(wholeValue(quantity)) };
}

/** In bytes, inodes or processes. */
export function amountOf(amount: Amount, capacity: number): number {
  return amount.percent === undefined ? amount.value : (capacity * amount.percent) / 100;
}
