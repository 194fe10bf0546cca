/** metrics.k8s.io: what `kubectl top` shows. */
import { uidOnNode } from '../../model/mirror-pod.ts';
import type { ContainerUsage, NodeUsage } from '../../model/usage/node-usage.ts';
import type { ApiObject } from '../api-object.ts';
import { StatusError } from '../errors/status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { scopeOf } from '../http/scope-of.ts';
import { writeList, writeObject } from '../http/write-objects.ts';
import type { Registry } from '../registry/registry.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import { readSelection, selects } from '../registry/selection.ts';
import type { NodeStats } from './node-stats.ts';

const GROUP = 'metrics.k8s.io';

type Measure = (call: ResourceCall, nodes: readonly string[]) => Promise<ApiObject[]>;

/** Handlers by the path of the resource. Nodes that cannot be asked are left out, as metrics-server leaves them. */
export function usageMetrics(stats: NodeStats): [path: string, SubresourceHandlers][] {
  const usages = async (nodes: readonly string[]): Promise<NodeUsage[]> => {
    const answers = await Promise.all(nodes.map((node) => stats.usage(node).catch(() => undefined)));
    return answers.filter((usage) => usage !== undefined);
  };
  const nodes: Measure = async ({ registry }, names) =>
    (await usages(names)).map((usage) => nodeMetrics(registry, usage));
  const pods: Measure = async (call, names) =>
    (await usages(names)).flatMap((usage) => podMetrics(call, usage));
  return [
    [`${GROUP}/nodes/`, handlers(nodes, 'nodemetrics')],
    [`${GROUP}/pods/`, handlers(pods, 'podmetrics')],
  ];
}

function handlers(measure: Measure, plural: string): SubresourceHandlers {
  return {
    kind: '',
    get: async (call) => {
      await call.registry.cache.caughtUp();
      const { name, namespace } = call.target;
      const found = await measure(call, nodesFor(call));
      const object = found.find(
        ({ metadata }) => metadata?.name === name && (metadata.namespace ?? '') === scopeOf(call).namespace,
      );
      if (object !== undefined) return writeObject(call, 200, object);
      const shown = call.resource.namespaced ? `${namespace}/${name}` : name;
      throw new StatusError('NotFound', `${plural}.${GROUP} ${JSON.stringify(shown)} not found`, {
        group: GROUP,
        kind: plural,
        name: shown,
      });
    },
    list: async (call) => {
      const { query } = call.info;
      const selection = readSelection(
        call.resource,
        query.get('labelSelector') ?? '',
        query.get('fieldSelector') ?? '',
      );
      const { namespace } = scopeOf(call);
      await call.registry.cache.caughtUp();
      const items = (await measure(call, nodesFor(call)))
        .filter(({ metadata }) => namespace === '' || metadata?.namespace === namespace)
        .filter((object) => selects(call.resource, selection, object))
        .map((object) => {
          const json = Buffer.from(JSON.stringify(object));
          return { revision: 0, key: '', object, copy: () => object, json, jsonParts: [json] };
        });
      const { revision } = call.registry.cache;
      writeList(call, { items, revision, continueToken: '', remaining: undefined });
    },
  };
}

/** The nodes that have to be asked. */
function nodesFor({ registry, target, resource }: ResourceCall): string[] {
  const all = registry.cache.list('nodes', '/nodes/').map(({ object }) => object.metadata?.name ?? '');
  return resource.namespaced || target.name === '' ? all : all.filter((name) => name === target.name);
}

function nodeMetrics({ cache }: Registry, usage: NodeUsage): ApiObject {
  const { name, timestamp, windowMs, cpu, memory } = usage;
  return {
    kind: 'NodeMetrics',
    apiVersion: apiVersionOf({ group: GROUP, version: 'v1beta1' }),
    metadata: metadataOf({ name }, cache.get(`/nodes/${name}`)?.object, timestamp),
    timestamp: time(timestamp),
    window: `${windowMs / 1000}s`,
    usage: amounts(cpu.nanoCores, memory.workingSetBytes),
  };
}

/** Of those pods that the API knows: the node may still have others. */
function podMetrics({ registry }: ResourceCall, { pods, windowMs }: NodeUsage): ApiObject[] {
  return pods.flatMap(({ name, namespace, uid, timestamp, containers }) => {
    const pod = registry.cache.get(`/pods/${namespace}/${name}`)?.object;
    if (pod === undefined || uidOnNode(pod) !== uid || containers.length === 0) return [];
    return {
      kind: 'PodMetrics',
      apiVersion: apiVersionOf({ group: GROUP, version: 'v1beta1' }),
      metadata: metadataOf({ name, namespace }, pod, timestamp),
      timestamp: time(timestamp),
      window: `${windowMs / 1000}s`,
      containers: containers.map(containerMetrics),
    };
  });
}

function containerMetrics({ name, cpu, memory }: ContainerUsage): object {
  return { name, usage: amounts(cpu.nanoCores, memory.workingSetBytes) };
}

function metadataOf(
  identity: { name: string; namespace?: string },
  of: ApiObject | undefined,
  timestamp: number,
): NonNullable<ApiObject['metadata']> {
  const labels = of?.metadata?.labels;
  return { ...identity, creationTimestamp: time(timestamp), ...(labels === undefined ? {} : { labels }) };
}

function amounts(nanoCores: number, workingSetBytes: number): Record<string, string> {
  return {
    cpu: nanoCores === 0 ? '0' : `${nanoCores}n`,
    memory: `${Math.floor(workingSetBytes / 1024)}Ki`,
  };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
