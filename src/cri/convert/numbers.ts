/** CRI counts in 64 bits and nanoseconds, we in numbers and milliseconds. */
import { invalid } from './invalid.ts';

const NANOS_PER_MS = 1_000_000n;
/** What a timer takes: 24 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const MAX_ID = 2 ** 32 - 2;

export function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * NANOS_PER_MS;
}

export function milliseconds(nanos: bigint): number {
  return Number(nanos / NANOS_PER_MS);
}

/** @throws PeapodError Invalid for what a number cannot hold exactly */
export function toNumber(value: bigint, field: string): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : invalid(field, value, 'must be at most 2^53 - 1');
}

/** Seconds to milliseconds; for ever is as long as a timer takes. @throws PeapodError Invalid */
export function timeoutMs(seconds: bigint, field: string): number {
  if (seconds < 0n) return invalid(field, seconds, 'must be greater than or equal to 0');
  return Math.min(Number(seconds) * 1000, MAX_TIMEOUT_MS);
}

/** A user's or group's number. @throws PeapodError Invalid */
export function toId(value: bigint, field: string): number {
  const id = Number(value);
  return id >= 0 && id <= MAX_ID ? id : invalid(field, value, `must be between 0 and ${MAX_ID}`);
}

/** Counters that the kernel gave: never negative, never a fraction. */
export function counter(value: number): { value: bigint } {
  return { value: BigInt(Math.max(0, Math.round(value))) };
}
