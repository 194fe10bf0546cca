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
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
}

interface TopOptions {
  readonly namespace: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  /** A row for each container. */
  readonly containers?: boolean;
  readonly sortBy?: 'cpu' | 'memory';
  readonly watch?: boolean;
}

/** What a row is about, in cells, and how much it uses. */
interface UsageRow {
  readonly cells: readonly string[];
  readonly of: Metrics;
  readonly cpu: number;
  readonly memory: number;
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
  if (options.containers === true && isOfNodes(what))
    throw new PeapodError('Invalid', '--containers is for pods: nodes have none of their own');
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

/** The heading, and a row for each pod, container or node. */
async function usageRows(
  painter: Painter,
  api: ApiClient,
  what: string,
  name: string | undefined,
  options: TopOptions,
): Promise<string[][]> {
  const ofNodes = isOfNodes(what);
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
  const rows = sorted(
    items.flatMap((item) => (options.containers === true ? containerRows(item) : [wholeRow(item)])),
    options.sortBy,
  );
  if (ofNodes) return [heading(painter, NODE_COLUMNS), ...(await nodeCells(api, rows))];
  const all = options.allNamespaces === true;
  const columns = [
    ...(all ? ['NAMESPACE'] : []),
    ...(options.containers === true ? ['POD'] : []),
    'NAME',
    ...AMOUNT_COLUMNS,
  ];
  const cells = rows.map((row) => [
    ...(all ? [row.of.metadata.namespace ?? ''] : []),
    ...row.cells,
    cores(row),
    mebibytes(row),
  ]);
  return [heading(painter, columns), ...cells];
}

const AMOUNT_COLUMNS = ['CPU(cores)', 'MEMORY(bytes)'];
const NODE_COLUMNS = ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];

function isOfNodes(what: string): boolean {
  return what.startsWith('no');
}

function wholeRow(of: Metrics): UsageRow {
  const usages = of.containers?.map(({ usage }) => usage) ?? [of.usage ?? {}];
  return { cells: [of.metadata.name], of, cpu: sum(usages, 'cpu'), memory: sum(usages, 'memory') };
}

function containerRows(of: Metrics): UsageRow[] {
  return (of.containers ?? []).map(({ name, usage }) => ({
    cells: [of.metadata.name, name],
    of,
    cpu: sum([usage], 'cpu'),
    memory: sum([usage], 'memory'),
  }));
}

/** The most first; without an order as the server gives them. */
function sorted(rows: UsageRow[], by: TopOptions['sortBy']): UsageRow[] {
  return by === undefined ? rows : rows.toSorted((a, b) => b[by] - a[by]);
}

async function nodeCells(api: ApiClient, rows: readonly UsageRow[]): Promise<string[][]> {
  const nodes = (await api.list(NODES)).items;
  const allocatable = new Map(
    nodes.map(({ metadata, status }) => [metadata?.name, status?.allocatable ?? {}]),
  );
  return rows.map((row) => {
    const has = allocatable.get(row.of.metadata.name);
    const [cpuShare, memoryShare] = [share(row.cpu, has?.['cpu']), share(row.memory, has?.['memory'])];
    return [...row.cells, cores(row), cpuShare, mebibytes(row), memoryShare];
  });
}

function cores({ cpu }: UsageRow): string {
  return `${Math.ceil(cpu * 1000)}m`;
}

function mebibytes({ memory }: UsageRow): string {
  return `${Math.floor(memory / 1024 / 1024)}Mi`;
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
