/** Reads the objects of a cluster from files, strictly; or from what `kubectl get -o json` wrote, which knows more fields than we. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { isMap, isSeq, type Node, parseAllDocuments } from 'yaml';
import { PeapodError } from '../../model/errors.ts';
import { decodeObject } from '../../model/manifest/decode-object.ts';
import { ManifestError, type ManifestProblem } from '../../model/manifest/manifest-error.ts';
import { didYouMean } from '../../model/manifest/nearest-name.ts';
import { type ParsedDocument, parseDocuments } from '../../model/manifest/parse-documents.ts';
import type { ClusterKind, ClusterObject } from '../../scheduler/simulate/cluster-objects.ts';

/** The API's versions of each kind, and the type that describes it. */
const KINDS: { readonly [Kind in ClusterKind]: readonly [type: string, ...versions: string[]] } = {
  Node: ['Node', 'v1'],
  Pod: ['Pod', 'v1'],
  Namespace: ['Namespace', 'v1'],
  PersistentVolume: ['PersistentVolume', 'v1'],
  PersistentVolumeClaim: ['PersistentVolumeClaim', 'v1'],
  Service: ['Service', 'v1'],
  ReplicationController: ['ReplicationController', 'v1'],
  Deployment: ['Deployment', 'apps/v1'],
  ReplicaSet: ['ReplicaSet', 'apps/v1'],
  StatefulSet: ['StatefulSet', 'apps/v1'],
  DaemonSet: ['DaemonSet', 'apps/v1'],
  Job: ['Job', 'batch/v1'],
  CronJob: ['CronJob', 'batch/v1'],
  PriorityClass: ['PriorityClass', 'scheduling.k8s.io/v1'],
  PodDisruptionBudget: ['PodDisruptionBudget', 'policy/v1'],
  StorageClass: ['StorageClass', 'storage.k8s.io/v1'],
  CSINode: ['CSINode', 'storage.k8s.io/v1'],
  Workload: ['WorkloadV1alpha2', 'scheduling.k8s.io/v1alpha2', 'scheduling.k8s.io/v1beta1'],
  PodGroup: [
    'PodGroupV1alpha2',
    'scheduling.k8s.io/v1alpha2',
    'scheduling.k8s.io/v1beta1',
    'scheduling.x-k8s.io/v1alpha1',
  ],
};

/** Of no consequence for where pods go. */
const IGNORED: ReadonlySet<string> = new Set([
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'Lease',
  'Event',
  'Endpoints',
  'EndpointSlice',
  'Ingress',
  'NetworkPolicy',
  'HorizontalPodAutoscaler',
  'LimitRange',
  'ResourceQuota',
  'PodTemplate',
  'RuntimeClass',
  'CustomResourceDefinition',
]);

/**
 * Every object of YAML documents, JSON, and `List`s that matters to scheduling.
 * @param files paths, `-` for standard input
 * @throws PeapodError `Invalid` naming file, line and field of each problem
 */
export async function readFiles(files: readonly string[]): Promise<ClusterObject[]> {
  const objects: ClusterObject[] = [];
  for (const file of files) objects.push(...readObjects(await readText(file), file));
  return objects;
}

export function readObjects(source: string, sourceName: string): ClusterObject[] {
  const problems: ManifestProblem[] = [];
  const objects: ClusterObject[] = [];
  const read = (parsed: ParsedDocument, node: Node, depth: number): void => {
    const complain = (message: string, field: string): void => {
      problems.push({ message, field, ...parsed.position(node) });
    };
    if (!isMap(node)) return complain('must be an object with apiVersion and kind', '');
    const [kind, version] = [node.get('kind'), node.get('apiVersion')];
    const items: unknown = node.get('items', true);
    if (typeof kind !== 'string' || kind === '') return complain('kind: Required value', 'kind');
    if (typeof version !== 'string' || version === '')
      return complain('apiVersion: Required value', 'apiVersion');
    if (kind.endsWith('List') && depth < 10) {
      if (!isSeq(items)) return complain('items: Required value', 'items');
      for (const item of items.items) read(parsed, item as Node, depth + 1);
      return;
    }
    if (IGNORED.has(kind)) return;
    if (!isClusterKind(kind)) {
      const hint = didYouMean(kind, Object.keys(KINDS));
      return complain(
        `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(version)}${hint}`,
        'kind',
      );
    }
    const [type, ...versions] = KINDS[kind];
    if (!versions.includes(version)) {
      return complain(
        `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(version)}, did you mean ${versions.map((known) => JSON.stringify(known)).join(' or ')}?`,
        'apiVersion',
      );
    }
    const { line, column } = parsed.position(node);
    const origin = `${sourceName}:${line}:${column}`;
    const isOldGroup = version.startsWith('scheduling.x-k8s.io');
    const decoded = isOldGroup
      ? { value: node.toJSON() as unknown, problems: [] }
      : decodeObject(parsed, node, type);
    problems.push(...decoded.problems);
    objects.push({ kind, object: decoded.value, origin } as ClusterObject);
  };
  for (const parsed of parseDocuments(source, sourceName)) read(parsed, parsed.root, 0);
  if (problems.length > 0) throw new ManifestError(sourceName, problems);
  return objects;
}

/**
 * What `kubectl get … -o json` (or `-o yaml`) printed of a cluster. Fields and kinds that we do not know are overlooked; those
 * that scheduling depends on are checked by the engine.
 * @throws PeapodError `Invalid` when it is no such list
 */
export function readDump(source: string, sourceName: string): ClusterObject[] {
  const objects: ClusterObject[] = [];
  const read = (value: unknown, path: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new PeapodError('Invalid', `${sourceName}: ${path || 'document'}: must be an object`);
    const { kind, items } = value as { kind?: unknown; items?: unknown };
    if (typeof kind !== 'string')
      throw new PeapodError('Invalid', `${sourceName}: ${path === '' ? '' : `${path}.`}kind: Required value`);
    if (kind.endsWith('List') && depth < 10) {
      if (!Array.isArray(items))
        throw new PeapodError(
          'Invalid',
          `${sourceName}: ${path === '' ? '' : `${path}.`}items: must be a list`,
        );
      for (const [index, item] of items.entries())
        read(withKind(item, kind), `${path === '' ? '' : `${path}.`}items[${index}]`, depth + 1);
      return;
    }
    if (!isClusterKind(kind)) return;
    const origin = path === '' ? sourceName : `${sourceName}: ${path}`;
    objects.push({ kind, object: withoutNulls(value), origin } as ClusterObject);
  };
  for (const value of parseLoosely(source, sourceName)) if (value !== null) read(value, '', 0);
  return objects;
}

/** To the API a field that is null is not there: `creationTimestamp: null` stands in every template. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null && !Array.isArray(value)) delete (value as Record<string, unknown>)[key];
    else withoutNulls(inner);
  }
  return value;
}

/** The items of a `NodeList` need not say that they are Nodes. */
function withKind(item: unknown, listKind: string): unknown {
  if (typeof item !== 'object' || item === null || 'kind' in item || listKind === 'List') return item;
  return { kind: listKind.slice(0, -'List'.length), ...item };
}

function parseLoosely(source: string, sourceName: string): unknown[] {
  try {
    if (source.trimStart().startsWith('{')) return [JSON.parse(source) as unknown];
    const documents = parseAllDocuments(source, { logLevel: 'error' });
    return (Array.isArray(documents) ? documents : []).map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS() as unknown;
    });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new PeapodError('Invalid', `${sourceName}: ${reason}`, { cause });
  }
}

function isClusterKind(kind: string): kind is ClusterKind {
  return Object.hasOwn(KINDS, kind);
}

/** The kind that a word means, however it is written: `node`, `Nodes`. */
export function clusterKindNamed(word: string): ClusterKind | undefined {
  const wanted = word.toLowerCase();
  const kinds = Object.keys(KINDS).filter(isClusterKind);
  return kinds.find((kind) => [kind.toLowerCase(), `${kind.toLowerCase()}s`].includes(wanted));
}

/** The API's type of a kind, for who changes its fields. */
export function typeOfKind(kind: ClusterKind): string {
  return KINDS[kind][0];
}

/** @throws PeapodError `NotFound` or `Invalid` when it can't be read */
export async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new PeapodError('NotFound', `cannot read ${file}: no such file`, { cause });
    if (code === 'EISDIR') throw new PeapodError('Invalid', `cannot read ${file}: it is a folder`, { cause });
    throw new PeapodError('Invalid', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
