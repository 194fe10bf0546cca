/** @see kubernetes/pkg/kubelet/eviction/eviction_manager.go synchronize */
import { amountOf, type EvictionSettings, type EvictionSignal, type Threshold } from './eviction-settings.ts';

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';

/** How much of something there is, and is left. */
export interface Reading {
  readonly available: number;
  readonly capacity: number;
}

export type Readings = ReadonlyMap<EvictionSignal, Reading>;

/** What is remembered from one look to the next. */
export interface PressureState {
  /** Since when each threshold has been met, milliseconds since the epoch. */
  readonly metSince: ReadonlyMap<Threshold, number>;
  /** When the cause of each condition was last seen. */
  readonly seenAt: ReadonlyMap<PressureCondition, number>;
}

export const NO_PRESSURE: PressureState = { metSince: new Map(), seenAt: new Map() };

export interface Judgement {
  readonly state: PressureState;
  readonly conditions: ReadonlySet<PressureCondition>;
  /** What pods are to be evicted for, the most urgent first. */
  readonly due: readonly Threshold[];
}

const CONDITIONS: Record<EvictionSignal, PressureCondition> = {
  'memory.available': 'MemoryPressure',
  'nodefs.available': 'DiskPressure',
  'nodefs.inodesFree': 'DiskPressure',
  'imagefs.available': 'DiskPressure',
  'imagefs.inodesFree': 'DiskPressure',
  'pid.available': 'PIDPressure',
};

/** A threshold that was met counts until its minimum has been reclaimed; a condition stays for the transition period. */
export function judgePressure(
  before: PressureState,
  readings: Readings,
  { thresholds, transitionMs }: EvictionSettings,
  now: number,
): Judgement {
  const met = thresholds.filter((threshold) => isMet(threshold, readings, before.metSince.has(threshold)));
  const metSince = new Map(met.map((threshold) => [threshold, before.metSince.get(threshold) ?? now]));
  const seenAt = new Map(before.seenAt);
  for (const { signal } of met) seenAt.set(CONDITIONS[signal], now);
  for (const [condition, at] of seenAt) if (now - at >= transitionMs && at !== now) seenAt.delete(condition);
  const due = met.filter((threshold) => now - (metSince.get(threshold) ?? now) >= threshold.graceMs);
  return { state: { metSince, seenAt }, conditions: new Set(seenAt.keys()), due: due.toSorted(byUrgency) };
}

export function isMet(
  { signal, amount, minReclaim }: Threshold,
  readings: Readings,
  wasMet: boolean,
): boolean {
  const reading = readings.get(signal);
  // Some file systems do not count their inodes.
  if (reading === undefined || reading.capacity <= 0) return false;
  const more = wasMet && minReclaim !== undefined ? amountOf(minReclaim, reading.capacity) : 0;
  return reading.available < amountOf(amount, reading.capacity) + more;
}

/** Memory comes first: nothing else stops a node so soon. */
function byUrgency(a: Threshold, b: Threshold): number {
  return Number(b.signal === 'memory.available') - Number(a.signal === 'memory.available');
}
