import type { Scope } from '../registry/request-scope.ts';
import type { ResourceCall } from './api.ts';

/** Which objects a call is about. */
export function scopeOf({ resource, target }: Pick<ResourceCall, 'resource' | 'target'>): Scope {
  return { resource, namespace: resource.namespaced ? target.namespace : '' };
}
