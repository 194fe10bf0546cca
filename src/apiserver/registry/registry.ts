/** What the verbs work on. */
import type { Store } from '../../store/store.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { Resource } from '../resource.ts';
import type { ApiObject } from '../api-object.ts';
import type { KnownSpecs } from './known-specs.ts';
import type { Admission, Scope } from './request-scope.ts';

export interface Registry {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly admit: Admission;
  /** What admission looks at for a new object beside itself: as long as these are the same ones, it comes to the same. */
  readonly surroundings: (scope: Scope, object: ApiObject) => readonly unknown[];
  readonly knownSpecs: KnownSpecs;
  readonly resources: readonly Resource[];
}
