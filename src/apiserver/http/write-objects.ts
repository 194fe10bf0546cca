import type { ApiObject } from '../api-object.ts';
import { StoredObject } from '../cache/stored-object.ts';
import type { CreatedObject } from '../registry/create-object.ts';
import type { ObjectPage } from '../registry/list-objects.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import { type IncludedObject, partialMetadata, table } from '../rendering/print-table.ts';
import type { ResourceCall } from './api.ts';
import { send, sendEncoded, sendParts, yamlOf } from './respond.ts';

/** Answers an object whose bytes are at hand, in the shape that the client wants. */
export function writeServed(call: ResourceCall, code: number, served: CreatedObject): void {
  const { shape, encoding } = call.negotiated;
  if (shape === 'object' && encoding === 'json')
    return sendParts(call.response, code, 'application/json', served.jsonParts);
  writeObject(call, code, served.copy());
}

/** Answers one object in the shape that the client wants. */
export function writeObject(call: ResourceCall, code: number, object: ApiObject): void {
  const { negotiated, response, resource } = call;
  const { shape, encoding } = negotiated;
  const json = shape === 'object' && encoding === 'json' ? StoredObject.jsonOf(object) : undefined;
  if (json !== undefined) return sendParts(response, code, 'application/json', json);
  const { resourceVersion } = object.metadata ?? {};
  const shaped =
    shape === 'table'
      ? table(resource, [object], { resourceVersion }, tableOptions(call))
      : shape === 'metadata'
        ? partialMetadata(object)
        : object;
  sendEncoded(response, code, encoding, shaped);
}

const COMMA = Buffer.from(',');

export function writeList(call: ResourceCall, page: ObjectPage): void {
  const { negotiated, response, resource } = call;
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continueToken === '' ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  const objects = (function* () {
    for (const item of page.items) yield item.copy();
  })();
  if (negotiated.shape === 'table')
    return sendEncoded(
      response,
      200,
      negotiated.encoding,
      table(resource, objects, metadata, tableOptions(call)),
    );
  if (negotiated.shape === 'metadata') {
    const items = Array.from(objects, partialMetadata);
    const list = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
    return sendEncoded(response, 200, negotiated.encoding, list);
  }
  const list = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata };
  if (negotiated.encoding === 'yaml') {
    return send(response, 200, 'application/yaml', yamlOf({ ...list, items: [...objects] }));
  }
  const head = Buffer.from(`${JSON.stringify(list).slice(0, -1)},"items":[`);
  const parts: Buffer[] = [head];
  for (const [index, { json }] of page.items.entries()) {
    if (index > 0) parts.push(COMMA);
    parts.push(json);
  }
  parts.push(Buffer.from(']}\n'));
  send(response, 200, 'application/json', Buffer.concat(parts));
}

export function tableOptions({ info, clock }: ResourceCall): { nowMs: number; included: IncludedObject } {
  const wanted = info.query.get('includeObject');
  const included = wanted === 'Object' || wanted === 'None' ? wanted : 'Metadata';
  return { nowMs: clock.now(), included };
}
