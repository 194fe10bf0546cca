import type { ApiClient } from '../../client/api-client.ts';
import { NODES } from '../../client/resource-types.ts';
import { parseQuantity } from '../../model/quantity.ts';
import { PeapodError } from '../../model/errors.ts';
import { openSources, serverOf } from '../engine/pod-source.ts';
import { pathsOf } from '../get/print-wanted.ts';
import { heading } from '../output/heading.ts';
import { redraw } from '../output/redraw.ts';
import { RowStream } from '../output/row-stream.ts';
import { type Painter, terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';

type Usage = Partial<Record<string, string>>;

interface Metrics {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly usage?: Usage;
  readonly containers?: readonly { readonly usage: Usage }[];
}

interface TopOptions {
  readonly namespace: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly watch?: boolean;
}

/** As old as the server's figures may be. */
const EVERY_MS = 5000;

/** `peapod top pods` and `top nodes`, as kubectl's. */
export async function top(
  settings: Settings,
  what: string,
  name: string | undefined,
  options: TopOptions,
): Promise<void> {
  if (name !== undefined && (options.allNamespaces === true || options.selector !== undefined))
    throw new PeapodError('Invalid', 'a name goes neither with --all-namespaces nor with --selector');
  await using sources = await openSources(settings);
  const { api } = serverOf(sources, 'top');
  const terminal = terminalOf(process.stdout);
  const stream = new RowStream(terminal);
  if (options.watch !== true) {
    const rows = await usageRows(terminal, api, what, name, options);
    if (rows.length > 1) stream.print(rows);
    else terminalOf(process.stderr).write('No resources found\n');
    return;
  }
  const read = async () => stream.lines(await usageRows(terminal, api, what, name, options));
  await redraw(terminal, read, {
    everyMs: EVERY_MS,
    clock: systemClock,
    signal: new AbortController().signal,
  });
}

/** The heading, and a row for each pod or node. */
async function usageRows(
  painter: Painter,
  api: ApiClient,
  what: string,
  name: string | undefined,
  options: TopOptions,
): Promise<string[][]> {
  const ofNodes = what.startsWith('no');
  const type = {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    plural: ofNodes ? 'nodes' : 'pods',
    kind: ofNodes ? 'NodeMetrics' : 'PodMetrics',
    namespaced: !ofNodes,
  };
  const [path = ''] = pathsOf({ type, names: name === undefined ? [] : [name] }, options);
  const answer = await api.raw<Metrics & { items?: Metrics[] }>('GET', path);
  const items = name === undefined ? (answer.items ?? []) : [answer];
  const nodes = ofNodes ? (await api.list(NODES)).items : [];
  const allocatable = new Map(
    nodes.map(({ metadata, status }) => [metadata?.name, status?.allocatable ?? {}]),
  );
  const all = options.allNamespaces === true && !ofNodes;
  const rows = items.map((item) => {
    const usages = item.containers?.map(({ usage }) => usage) ?? [item.usage ?? {}];
    const [cpu, memory] = [sum(usages, 'cpu'), sum(usages, 'memory')];
    const has = allocatable.get(item.metadata.name);
    const cells = [item.metadata.name, `${Math.ceil(cpu * 1000)}m`, `${Math.floor(memory / 1024 / 1024)}Mi`];
    if (all) return [item.metadata.namespace ?? '', ...cells];
    if (!ofNodes) return cells;
    const [node = '', cpuCell = '', memoryCell = ''] = cells;
    return [node, cpuCell, share(cpu, has?.['cpu']), memoryCell, share(memory, has?.['memory'])];
  });
  const names = ofNodes
    ? ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)']
    : [...(all ? ['NAMESPACE'] : []), 'NAME', 'CPU(cores)', 'MEMORY(bytes)'];
  return [heading(painter, names), ...rows];
}

function sum(usages: readonly Usage[], resource: string): number {
  return usages.reduce((total, usage) => total + amount(usage[resource] ?? '0'), 0);
}

function amount(text: string): number {
  return Number(parseQuantity(text).nano) / 1e9;
}

function share(used: number, of: string | undefined): string {
  return of === undefined ? '<unknown>' : `${Math.floor((used / amount(of)) * 100)}%`;
}
