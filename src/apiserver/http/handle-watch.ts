import type { ApiObject } from '../api-object.ts';
import { ownBuffer } from '../cache/own-buffer.ts';
import type { ServedObject } from '../cache/served-object.ts';
import { toStatusError } from '../errors/to-status-error.ts';
import { leftOut } from '../registry/damage.ts';
import { type ObjectEvent, watchObjects } from '../registry/watch-objects.ts';
import { partialMetadata, table } from '../rendering/print-table.ts';
import type { ResourceCall } from './api.ts';
import { readWatchQuery } from './collection-queries.ts';
import { scopeOf } from './scope-of.ts';
import { beginStream, writePiece } from './respond.ts';
import { tableOptions } from './write-objects.ts';

/** Streams what happens, an event a line. */
export async function handleWatch(call: ResourceCall): Promise<void> {
  const { response, context, departure, clock } = call;
  using watch = await watchObjects(call.registry, scopeOf(call), readWatchQuery(call.resource, call.info), {
    signal: departure.signal,
    now: () => clock.now(),
  });
  const missing = leftOut(call.registry.cache, scopeOf(call));
  if (missing !== undefined) context.warn(missing);
  beginStream(response, 'application/json');
  const frameFor = framer(call);
  try {
    for await (const events of watch.events)
      for (const event of events)
        if (!(await writePiece(response, frameFor(event), departure.signal))) return;
  } catch (error) {
    const status = Buffer.from(JSON.stringify(toStatusError(error).toStatus()));
    await writePiece(response, frame('ERROR', status), departure.signal);
  }
  response.end();
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
      return frame(event.type, Buffer.from(JSON.stringify(shaped(event.object.copy()))));
    const known = frames.get(event.object) ?? new Map<string, Buffer>();
    frames.set(event.object, known);
    const made = known.get(event.type) ?? frame(event.type, ...event.object.jsonParts);
    known.set(event.type, made);
    return made;
  };
}

function frame(type: string, ...object: readonly Buffer[]): Buffer {
  return ownBuffer([Buffer.from(`{"type":"${type}","object":`), ...object, Buffer.from('}\n')]);
}
