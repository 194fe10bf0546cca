import { once } from 'node:events';
import type { ApiObject } from '../api-object.ts';
import { ownBuffer } from '../cache/own-buffer.ts';
import type { ServedObject } from '../cache/served-object.ts';
import { invalidListOptions } from '../errors/status-error.ts';
import { toStatusError } from '../errors/to-status-error.ts';
import { readSelection } from '../registry/selection.ts';
import { type ObjectEvent, type WatchQuery, watchObjects } from '../registry/watch-objects.ts';
import { partialMetadata, table } from '../rendering/print-table.ts';
import type { ResourceCall } from './api.ts';
import { readCount } from './query-options.ts';
import { isTrue } from './request-info.ts';
import { scopeOf } from './scope-of.ts';
import { beginStream, type Response } from './respond.ts';
import { tableOptions } from './write-objects.ts';

/** Long enough, and not the same for all, lest all come back at once. */
const TIMEOUT_SECONDS = { least: 1800, spread: 1800 };

/** Streams what happens, an event a line. */
export async function handleWatch(call: ResourceCall): Promise<void> {
  const { response, context, clock } = call;
  using watch = await watchObjects(call.registry, scopeOf(call), readQuery(call), {
    signal: context.signal,
    now: () => clock.now(),
  });
  beginStream(response, 'application/json');
  const frameFor = framer(call);
  try {
    for await (const event of watch.events) {
      if (!(await write(response, frameFor(event), context.signal))) return;
    }
  } catch (error) {
    const status = Buffer.from(JSON.stringify(toStatusError(error).toStatus()));
    await write(response, frame('ERROR', status), context.signal);
  }
  response.end();
}

function readQuery({ info, resource, target }: ResourceCall): WatchQuery {
  const { query } = info;
  // A watch of one object by its path.
  const named = target.name === '' ? '' : `metadata.name=${target.name}`;
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

/** Frames of whole objects, made once for all watchers. */
const frames = new WeakMap<ServedObject, Map<string, Buffer>>();

/** What one event is in the shape that the client wants. */
function framer(call: ResourceCall): (event: ObjectEvent) => Buffer {
  const { negotiated, resource } = call;
  let isFirst = true;
  const shaped = (object: ApiObject): unknown => {
    if (negotiated.shape === 'metadata') return partialMetadata(object);
    const { resourceVersion } = object.metadata ?? {};
    const made = table(
      resource,
      [object],
      { resourceVersion },
      { ...tableOptions(call), withColumns: isFirst },
    );
    isFirst = false;
    return made;
  };
  return (event) => {
    if (event.type === 'BOOKMARK') return frame('BOOKMARK', Buffer.from(JSON.stringify(event.object)));
    if (negotiated.shape !== 'object')
      return frame(event.type, Buffer.from(JSON.stringify(shaped(event.object.object))));
    const known = frames.get(event.object) ?? new Map<string, Buffer>();
    frames.set(event.object, known);
    const made = known.get(event.type) ?? frame(event.type, event.object.json);
    known.set(event.type, made);
    return made;
  };
}

function frame(type: string, object: Buffer): Buffer {
  return ownBuffer([Buffer.from(`{"type":"${type}","object":`), object, Buffer.from('}\n')]);
}

/** Waits until the client has taken what it was sent. @returns whether it is still there */
async function write(response: Response, bytes: Buffer, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || response.destroyed) return false;
  const { stream } = response as { stream?: NodeJS.WritableStream };
  const flowing = (response as NodeJS.WritableStream).write(bytes);
  if (flowing) return true;
  try {
    await once(stream ?? response, 'drain', { signal });
    return true;
  } catch {
    return false;
  }
}
