/** What the verbs work on. */
import type { Store } from '../../store/store.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { Resource } from '../resource.ts';
import type { Admission } from './request-scope.ts';

export interface Registry {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly admit: Admission;
  readonly resources: readonly Resource[];
}
