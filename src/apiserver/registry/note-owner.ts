import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import type { RequestContext } from './request-scope.ts';

/** Notes in `metadata.managedFields` which fields the author of a write now owns. */
export function noteOwner(
  _resource: Resource,
  _previous: ApiObject | undefined,
  next: ApiObject,
  _context: RequestContext,
  _subresource = '',
): ApiObject {
  return next;
}
