/** The paths of a resource as OpenAPI tells them: clients look there for what the server understands. */
import { apiVersionOf } from '../registry/request-scope.ts';
import type { Resource } from '../resource.ts';
import { verbsOf } from '../discovery/discovery.ts';

type Parameter = Record<string, unknown>;

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];
const LIST_PARAMETERS = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];

interface OperationKind {
  readonly verb: string;
  readonly method: string;
  readonly action: string;
  readonly parameters: readonly string[];
}

const COLLECTION: readonly OperationKind[] = [
  { verb: 'list', method: 'get', action: 'list', parameters: LIST_PARAMETERS },
  { verb: 'create', method: 'post', action: 'post', parameters: WRITE_PARAMETERS },
  { verb: 'deletecollection', method: 'delete', action: 'deletecollection', parameters: LIST_PARAMETERS },
];

const SINGLE: readonly OperationKind[] = [
  { verb: 'get', method: 'get', action: 'get', parameters: [] },
  { verb: 'update', method: 'put', action: 'put', parameters: WRITE_PARAMETERS },
  { verb: 'patch', method: 'patch', action: 'patch', parameters: [...WRITE_PARAMETERS, 'force'] },
  {
    verb: 'delete',
    method: 'delete',
    action: 'delete',
    parameters: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'],
  },
];

const TYPES: Partial<Record<string, string>> = {
  allowWatchBookmarks: 'boolean',
  force: 'boolean',
  gracePeriodSeconds: 'integer',
  limit: 'integer',
  sendInitialEvents: 'boolean',
  timeoutSeconds: 'integer',
  watch: 'boolean',
};

/** @param describeParameter differs between OpenAPI 2 and 3 */
export function resourcePaths(
  resource: Resource,
  describeParameter: (name: string, type: string, place: 'query' | 'path') => Parameter,
): Record<string, object> {
  const version = apiVersionOf(resource);
  const root = resource.group === '' ? `/api/${version}` : `/apis/${version}`;
  const collection = `${root}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const path = (kinds: readonly OperationKind[], placeholders: readonly string[]): object => {
    const operations = kinds
      .filter(({ verb }) => verbsOf(resource).includes(verb))
      .map(({ method, action, parameters }) => [
        method,
        {
          'x-kubernetes-action': action,
          'x-kubernetes-group-version-kind': {
            group: resource.group,
            version: resource.version,
            kind: resource.kind,
          },
          parameters: parameters.map((name) => describeParameter(name, TYPES[name] ?? 'string', 'query')),
          responses: { '200': { description: 'OK' } },
        },
      ]);
    const parameters = placeholders.map((name) => describeParameter(name, 'string', 'path'));
    return { ...Object.fromEntries(operations), parameters };
  };
  const inNamespace = resource.namespaced ? ['namespace'] : [];
  return {
    [collection]: path(COLLECTION, inNamespace),
    [`${collection}/{name}`]: path(SINGLE, ['name', ...inNamespace]),
  };
}
