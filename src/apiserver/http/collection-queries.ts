/** What a request asks of many objects. */
import { invalidListOptions } from '../errors/status-error.ts';
import type { ListQuery } from '../registry/list-objects.ts';
import { readSelection } from '../registry/selection.ts';
import type { WatchQuery } from '../registry/watch-objects.ts';
import type { Resource } from '../resource.ts';
import { readCount } from './query-options.ts';
import { isTrue, type RequestInfo } from './request-info.ts';

/** Long enough, and not the same for all, lest all come back at once. */
const TIMEOUT_SECONDS = { least: 1800, spread: 1800 };

/** @throws StatusError BadRequest, Invalid */
export function readListQuery(resource: Resource, query: URLSearchParams): ListQuery {
  return {
    selection: readSelection(resource, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''),
    limit: readCount(query, 'limit'),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
}

/** @throws StatusError BadRequest, Invalid */
export function readWatchQuery(resource: Resource, { query, resource: target }: RequestInfo): WatchQuery {
  // A watch of one object by its path.
  const named = target === undefined || target.name === '' ? '' : `metadata.name=${target.name}`;
  const fields = [query.get('fieldSelector') ?? '', named].filter((part) => part !== '').join(',');
  const sendInitialEvents = isTrue(query.get('sendInitialEvents'));
  const match = query.get('resourceVersionMatch') ?? '';
  if (sendInitialEvents && match !== 'NotOlderThan')
    throw invalidListOptions(
      'resourceVersionMatch',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  if (!sendInitialEvents && match !== '')
    throw invalidListOptions(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  const seconds =
    readCount(query, 'timeoutSeconds') || TIMEOUT_SECONDS.least + Math.random() * TIMEOUT_SECONDS.spread;
  return {
    selection: readSelection(resource, query.get('labelSelector') ?? '', fields),
    resourceVersion: query.get('resourceVersion') ?? '',
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents,
    timeoutMs: seconds * 1000,
  };
}
