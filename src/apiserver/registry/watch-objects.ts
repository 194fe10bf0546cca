import { isPeapodError } from '../../model/errors.ts';
import { nearestBeat } from '../../model/nearest-beat.ts';
import type { ApiObject } from '../api-object.ts';
import { type ServedObject, servedAs } from '../cache/served-object.ts';
import { sharedObject } from '../cache/shared-object.ts';
import { type StoredObject, withoutManagedFields } from '../cache/stored-object.ts';
import type { Subscription } from '../cache/subscription.ts';
import type { ObjectChange } from '../cache/watch-cache.ts';
import { expired } from '../errors/status-error.ts';
import { checkNotInTheFuture, readRevision } from './list-objects.ts';
import type { Registry } from './registry.ts';
import { apiVersionOf, type Scope, storePrefix } from './request-scope.ts';
import { type Selection, selects } from './selection.ts';

export interface WatchQuery {
  readonly selection: Selection;
  /** From where on; empty or `0`: what is there comes first. */
  readonly resourceVersion: string;
  readonly allowBookmarks: boolean;
  /** What is there comes first, and then a bookmark that says that it was all. */
  readonly sendInitialEvents: boolean;
  readonly timeoutMs: number;
}

export type ObjectEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ServedObject }
  | { readonly type: 'BOOKMARK'; readonly object: ApiObject };

/** How many changes may wait for a client. */
const BACKLOG = 10_000;
const BOOKMARK_MS = 60_000;
/** How many of the objects that are there are made ready at a time: more would keep others waiting. */
const PRESENT_AT_A_TIME = 100;

/** A watch that stands: its events, in lists that may be empty, are to be read once, and it is to be disposed of. */
export interface ObjectWatch extends Disposable {
  readonly events: AsyncGenerator<readonly ObjectEvent[], void>;
}

/**
 * What happens to the objects of the scope, until the time is over or the signal aborts. The events end with
 * StatusError Expired when the client is too slow.
 * @throws StatusError Expired when the past that is asked for is forgotten; BadRequest; Timeout for a future revision
 */
export async function watchObjects(
  registry: Registry,
  scope: Scope,
  query: WatchQuery,
  { signal, now }: { signal: AbortSignal; now: () => number },
): Promise<ObjectWatch> {
  const { resource } = scope;
  await registry.cache.caughtUp();
  const initial = query.sendInitialEvents || query.resourceVersion === '' || query.resourceVersion === '0';
  checkNotInTheFuture(query.resourceVersion, registry.cache.revision);
  const from = initial ? registry.cache.revision : readRevision(query.resourceVersion);
  const present = initial ? registry.cache.list(resource.storedAs, storePrefix(scope)) : [];
  const subscription = await subscribe(registry, scope, from);
  const end = () => subscription.end();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return {
    events: tell(scope, query, { present, from, subscription, now }),
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', end);
      end();
    },
  };
}

interface Beginning {
  readonly present: readonly StoredObject[];
  readonly from: number;
  readonly subscription: Subscription;
  readonly now: () => number;
}

async function* tell(
  scope: Scope,
  query: WatchQuery,
  { present, from, subscription, now }: Beginning,
): AsyncGenerator<readonly ObjectEvent[], void> {
  const isWanted = ({ object }: ServedObject) => selects(scope.resource, query.selection, object);
  for (let at = 0; at < present.length; at += PRESENT_AT_A_TIME)
    yield present
      .slice(at, at + PRESENT_AT_A_TIME)
      .map((stored) => servedAs(scope.resource, stored))
      .filter(isWanted)
      .map((object) => ({ type: 'ADDED', object }));
  if (query.sendInitialEvents && query.allowBookmarks) yield [bookmark(scope, from, true)];
  const prefix = storePrefix(scope);
  const endMs = now() + query.timeoutMs;
  let bookmarkMs = nearestBeat(now() + BOOKMARK_MS, BOOKMARK_MS);
  while (!subscription.isEnded && now() < endMs) {
    const changes = await subscription.take(Math.max(1, Math.min(endMs, bookmarkMs) - now()));
    const events: ObjectEvent[] = [];
    for (const change of changes) {
      const event = change.key.startsWith(prefix) ? eventOf(scope, query.selection, change) : undefined;
      if (event !== undefined) events.push(event);
    }
    if (events.length > 0) yield events;
    if (now() < bookmarkMs && now() < endMs) continue;
    // Whoever goes on from a bookmark must have been told of all before it.
    const { takenUpTo } = subscription;
    if (takenUpTo === undefined) continue;
    bookmarkMs = nearestBeat(now() + BOOKMARK_MS, BOOKMARK_MS);
    if (query.allowBookmarks && !subscription.isEnded) yield [bookmark(scope, takenUpTo, false)];
  }
  // What ended it, if that was no abort.
  if (subscription.isEnded) await subscription.take(0);
}

async function subscribe(registry: Registry, { resource }: Scope, from: number): Promise<Subscription> {
  try {
    return await registry.cache.subscribe(resource.storedAs, from, BACKLOG);
  } catch (error) {
    if (isPeapodError(error, 'Expired')) throw expired(`too old resource version: ${from}`);
    throw error;
  }
}

/** An object that comes to match the selectors is new to the client, one that no longer does is gone. */
function eventOf(
  { resource }: Scope,
  selection: Selection,
  { current, previous, revision }: ObjectChange,
): ObjectEvent | undefined {
  const now = current === undefined ? undefined : servedAs(resource, current);
  const isWanted = now !== undefined && selects(resource, selection, now.object);
  const before = previous === undefined ? undefined : servedAs(resource, previous);
  const wasWanted = before !== undefined && selects(resource, selection, before.object);
  if (isWanted) return { type: wasWanted ? 'MODIFIED' : 'ADDED', object: now };
  if (!wasWanted || previous === undefined) return undefined;
  return { type: 'DELETED', object: atDeletion(resource, previous, revision) };
}

const deleted = new WeakMap<StoredObject, Map<Scope['resource'], ServedObject>>();

/** The last state of an object, with the revision of its deletion. */
function atDeletion(resource: Scope['resource'], previous: StoredObject, revision: number): ServedObject {
  const known = deleted.get(previous) ?? new Map<Scope['resource'], ServedObject>();
  deleted.set(previous, known);
  const made = known.get(resource);
  if (made !== undefined && made.revision === revision) return made;
  const copy = previous.copy();
  const object = resource.fromStored?.(copy) ?? copy;
  object.metadata = { ...object.metadata, resourceVersion: String(revision) };
  const json = Buffer.from(JSON.stringify(object));
  const served: ServedObject = {
    key: previous.key,
    revision,
    object: sharedObject(withoutManagedFields(object)),
    copy: () => JSON.parse(json.toString()) as ApiObject,
    json,
    jsonParts: [json],
  };
  known.set(resource, served);
  return served;
}

function bookmark({ resource }: Scope, revision: number, isEndOfInitial: boolean): ObjectEvent {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const metadata = {
    resourceVersion: String(revision),
    ...(isEndOfInitial ? { annotations } : {}),
  };
  return { type: 'BOOKMARK', object: { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata } };
}
