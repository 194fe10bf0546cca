/**
 * What the source yields, and its latest again whenever so many milliseconds have passed since the first. Whoever stops early ends the source first: what
 * it is asked for then is not waited for.
 */
export async function* repeatLatest<T>(
  source: AsyncIterable<T>,
  everyMs: number,
): AsyncGenerator<{ latest: T; isRepeated: boolean }> {
  const iterator = source[Symbol.asyncIterator]();
  let tick = Promise.withResolvers<'time'>();
  let timer: NodeJS.Timeout | undefined;
  let latest: { value: T } | undefined;
  let next = iterator.next();
  try {
    for (;;) {
      const first = await Promise.race([next, tick.promise]);
      if (first === 'time') {
        tick = Promise.withResolvers();
        if (latest !== undefined) yield { latest: latest.value, isRepeated: true };
        continue;
      }
      if (first.done === true) return;
      timer ??= setInterval(() => tick.resolve('time'), everyMs);
      latest = { value: first.value };
      next = iterator.next();
      yield { latest: first.value, isRepeated: false };
    }
  } finally {
    clearInterval(timer);
    // One that fails when nobody listens any more has nobody to tell.
    next.catch(() => {});
  }
}
