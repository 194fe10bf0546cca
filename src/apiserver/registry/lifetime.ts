import type { WriteOptions } from '../../store/store.ts';
import type { Resource } from '../resource.ts';

const SECONDS_OF_EVENTS = 3600;

/** How long what is written stays: events go by themselves an hour after they last changed, everything else stays. */
export function lifetimeOf({ storedAs }: Resource): WriteOptions {
  return storedAs === 'events' ? { ttlSeconds: SECONDS_OF_EVENTS } : {};
}
