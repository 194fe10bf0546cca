/** Loaded into a peapod before it starts (`node --import`): its wall clock is off by as many milliseconds as a file says, from when it says so. */
import { readFileSync } from 'node:fs';

const file = process.env['PEAPOD_TEST_CLOCK'] ?? '';
/** How soon what the file says holds. */
const FRESH_MS = 20;
const realNow = Date.now.bind(Date);
const RealDate = Date;
let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;

function now(): number {
  if (performance.now() - readAt > FRESH_MS) {
    readAt = performance.now();
    try {
      offset = Number(readFileSync(file, 'utf8'));
    } catch {
      offset = 0;
    }
  }
  return realNow() + offset;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], made) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, made) as object,
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown)),
});
