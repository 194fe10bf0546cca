const PER_MILLISECOND = 1_000_000n;

let told = 0n;

/**
 * A name by which events sort as they happened, those of one millisecond as they were told: their times have whole seconds, and whoever lists them goes
 * by their names then.
 * @param at milliseconds since the epoch
 * @see kubernetes/client-go/tools/record/event.go makeEvent
 */
export function eventName(object: string, at: number): string {
  told += 1n;
  const nanoseconds = BigInt(Math.floor(at)) * PER_MILLISECOND + (told % PER_MILLISECOND);
  return `${object}.${nanoseconds.toString(16)}`;
}
