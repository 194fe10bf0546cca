/** `serviceaccounts/NAME/token`: a token for a while, for some audience. */
import type { Pod, TokenRequest } from '../../model/api/types.ts';
import type { BoundObject, ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { nodeOf } from '../auth/node-authorizer.ts';
import { conflict, forbidden, invalid, notFound } from '../errors/status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { readObject } from '../http/read-object.ts';
import { scopeOf } from '../http/scope-of.ts';
import { sendJson } from '../http/respond.ts';
import { storeKey } from '../registry/request-scope.ts';
import { readStored } from '../registry/update-object.ts';

const REQUEST = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  typeName: 'TokenRequest',
} as const;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 24 * 3600;
const USUAL_SECONDS = 3600;

export function serviceAccountToken(tokens: ServiceAccountTokens): SubresourceHandlers {
  return {
    ...REQUEST,
    create: async (call) => {
      const { spec = {} } = (await readObject(call, REQUEST)) as unknown as TokenRequest;
      const account = await readStored(call.registry, scopeOf(call), call.target.name);
      const seconds = lifetime(spec.expirationSeconds, call.target.name);
      const boundTo = await boundObject(call, spec);
      const { uid = '' } = account.metadata ?? {};
      const subject = {
        namespace: call.target.namespace,
        name: call.target.name,
        uid,
        ...(boundTo === undefined ? {} : { boundTo }),
      };
      const { token, expires } = await tokens.issue(subject, spec.audiences ?? [], seconds);
      sendJson(call.response, 201, {
        kind: 'TokenRequest',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { name: call.target.name, namespace: call.target.namespace, creationTimestamp: null },
        spec: { ...spec, expirationSeconds: seconds },
        status: { token, expirationTimestamp: expires },
      });
    },
  };
}

function lifetime(wanted: number | undefined, name: string): number {
  const seconds = wanted ?? USUAL_SECONDS;
  if (seconds >= LEAST_SECONDS) return Math.min(seconds, MOST_SECONDS);
  throw invalid(REQUEST, name, [
    {
      field: 'spec.expirationSeconds',
      type: 'Invalid',
      badValue: seconds,
      detail: 'may not specify a duration less than 10 minutes',
    },
  ]);
}

const KINDS: Partial<Record<string, string>> = { Pod: 'pods', Node: 'nodes', Secret: 'secrets' };

async function boundObject(
  call: ResourceCall,
  { boundObjectRef }: NonNullable<TokenRequest['spec']>,
): Promise<BoundObject | undefined> {
  const isNode = nodeOf(call.user) !== undefined;
  if (boundObjectRef === undefined) {
    if (isNode) throw forbidden(call.resource, call.target.name, 'node requested token not bound to a pod');
    return undefined;
  }
  const { kind = '', name = '', uid } = boundObjectRef;
  const resource = call.registry.resources.find(
    ({ plural, group }) => group === '' && plural === KINDS[kind],
  );
  if (resource === undefined) {
    throw invalid(REQUEST, call.target.name, [
      {
        field: 'spec.boundObjectRef.kind',
        type: 'NotSupported',
        badValue: kind,
        detail: 'supported values: "Node", "Pod", "Secret"',
      },
    ]);
  }
  const scope = { resource, namespace: resource.namespaced ? call.target.namespace : '' };
  await call.registry.cache.caughtUp();
  const object = call.registry.cache.get(storeKey(scope, name))?.object;
  if (object === undefined) throw notFound(resource, name);
  if (uid !== undefined && uid !== object.metadata?.uid)
    throw conflict(
      resource,
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (kind === 'Pod' && ((object as Pod).spec?.serviceAccountName ?? 'default') !== call.target.name)
    throw forbidden(
      call.resource,
      call.target.name,
      `cannot bind token for serviceaccount ${JSON.stringify(call.target.name)} to pod running with different serviceaccount name.`,
    );
  return { kind: kind as BoundObject['kind'], name, uid: object.metadata?.uid ?? '' };
}
