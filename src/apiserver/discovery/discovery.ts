/**
 * What the server serves, as clients discover it: one document (aggregated), or one for each group and version.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/endpoints/discovery
 */
import type { Subresources } from '../http/api.ts';
import type { PathHandlers } from '../http/path-handlers.ts';
import { send, sendJson } from '../http/respond.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import type { Resource, ResourceVerb } from '../resource.ts';

const ALL_VERBS: readonly ResourceVerb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

interface Discovered {
  readonly resources: readonly Resource[];
  readonly subresources: Subresources;
}

interface Group {
  readonly name: string;
  readonly versions: readonly string[];
}

export function addDiscovery(paths: PathHandlers, discovered: Discovered): void {
  const groups = groupsOf(discovered.resources);
  const named = groups.filter(({ name }) => name !== '');
  paths.at('/api', (request, response) => {
    const core = groups.filter(({ name }) => name === '');
    if (sendAggregated(request.headers.accept, response, discovered, core)) return;
    const serverAddressByClientCIDRs = [
      { clientCIDR: '0.0.0.0/0', serverAddress: request.headers.host ?? '' },
    ];
    sendJson(response, 200, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs });
  });
  paths.at('/apis', (request, response) => {
    if (sendAggregated(request.headers.accept, response, discovered, named)) return;
    sendJson(response, 200, { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(apiGroup) });
  });
  for (const group of groups) {
    if (group.name !== '')
      paths.at(`/apis/${group.name}`, (_request, response) => {
        sendJson(response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) });
      });
    for (const version of group.versions) {
      const path = group.name === '' ? `/api/${version}` : `/apis/${group.name}/${version}`;
      const list = resourceList(discovered, group.name, version);
      paths.at(path, (_request, response) => sendJson(response, 200, list));
    }
  }
}

function groupsOf(resources: readonly Resource[]): Group[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of resources)
    groups.set(group, (groups.get(group) ?? new Set()).add(version));
  return [...groups].map(([name, versions]) => ({ name, versions: [...versions].sort(byPreference) }));
}

/** v1 before v2beta1 before v1beta1 before v1alpha2. */
function byPreference(a: string, b: string): number {
  return rank(b) - rank(a);
}

function rank(version: string): number {
  const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const weight = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return weight * 1_000_000 + Number(major) * 1000 + Number(minor);
}

function apiGroup({ name, versions }: Group): object {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

export function verbsOf({ verbs }: Resource): readonly string[] {
  return verbs === undefined ? ALL_VERBS : [...verbs].sort();
}

function resourceList(discovered: Discovered, group: string, version: string): object {
  const inVersion = discovered.resources.filter((one) => one.group === group && one.version === version);
  const resources = inVersion.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: verbsOf(resource),
      ...names(resource),
    },
    ...subresourcesOf(discovered, resource).map(
      ({ name, kind, group: otherGroup, version: otherVersion, verbs }) => ({
        name: `${resource.plural}/${name}`,
        singularName: '',
        namespaced: resource.namespaced,
        ...(otherGroup === undefined ? {} : { group: otherGroup, version: otherVersion }),
        kind,
        verbs,
      }),
    ),
  ]);
  const groupVersion = apiVersionOf({ group, version });
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function names({ shortNames, categories }: Resource): object {
  return {
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
  };
}

interface ListedSubresource {
  readonly name: string;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

function subresourcesOf({ subresources }: Discovered, resource: Resource): ListedSubresource[] {
  const prefix = `${resource.group === '' ? '' : `${resource.group}/`}${resource.plural}/`;
  const listed: ListedSubresource[] = [];
  for (const [path, { kind, group, version, ...handlers }] of subresources) {
    if (!path.startsWith(prefix) || path === prefix) continue;
    const verbs = Object.keys(handlers).sort();
    listed.push({
      name: path.slice(prefix.length),
      kind,
      verbs,
      ...(group === undefined || version === undefined ? {} : { group, version }),
    });
  }
  return listed;
}

const AGGREGATED =
  /application\/json;(?=[^,]*g=apidiscovery\.k8s\.io)(?=[^,]*as=APIGroupDiscoveryList)[^,]*v=(v2(?:beta1)?)/;

/** @returns whether the client asked for the aggregated form */
function sendAggregated(
  accept: string | undefined,
  response: Parameters<typeof send>[0],
  discovered: Discovered,
  groups: readonly Group[],
): boolean {
  const version = AGGREGATED.exec((accept ?? '').replaceAll(' ', ''))?.[1];
  if (version === undefined) return false;
  const items = groups.map(({ name, versions }) => ({
    metadata: { name, creationTimestamp: null },
    versions: versions.map((one) => ({
      version: one,
      freshness: 'Current',
      resources: discovered.resources
        .filter((resource) => resource.group === name && resource.version === one)
        .map((resource) => aggregatedResource(discovered, resource)),
    })),
  }));
  const list = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  };
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  send(response, 200, type, Buffer.from(JSON.stringify(list)));
  return true;
}

function aggregatedResource(discovered: Discovered, resource: Resource): object {
  const { group, version, kind, plural, singular, namespaced } = resource;
  const subresources = subresourcesOf(discovered, resource).map((one) => ({
    subresource: one.name,
    responseKind: { group: one.group ?? group, version: one.version ?? version, kind: one.kind },
    verbs: one.verbs,
  }));
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(resource),
    ...names(resource),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
