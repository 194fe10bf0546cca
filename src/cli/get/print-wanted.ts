import type { ApiClient, KubernetesObject } from '../../client/api-client.ts';
import { resourcePath, type ResourceType } from '../../client/resource-types.ts';
import type { OutputFormat } from '../output/print-list.ts';
import { structured } from '../output/print-list.ts';
import { RowStream } from '../output/row-stream.ts';
import { type Terminal, terminalOf } from '../output/terminal.ts';
import { singularName } from './find-resources.ts';
import { cellsOf, headingOf, type ServerTable, TABLE } from './server-table.ts';

/** Objects of one kind. */
export interface Wanted {
  readonly type: ResourceType<KubernetesObject>;
  /** Empty for all. */
  readonly names: readonly string[];
}

export interface Scope {
  readonly namespace: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
}

/** The paths that answer what is wanted: one for all, or one for each name. */
export function pathsOf({ type, names }: Wanted, scope: Scope): string[] {
  const namespace = scope.allNamespaces === true ? '' : scope.namespace;
  if (names.length > 0) return names.map((name) => resourcePath(type, namespace, name));
  const query = scope.selector === undefined ? '' : `?labelSelector=${encodeURIComponent(scope.selector)}`;
  return [`${resourcePath(type, namespace)}${query}`];
}

export async function printTables(
  api: ApiClient,
  wanted: readonly Wanted[],
  scope: Scope,
  format: OutputFormat,
  terminal: Terminal,
): Promise<void> {
  let printed = 0;
  for (const one of wanted) {
    const answers = pathsOf(one, scope).map((path) =>
      api.raw<ServerTable>('GET', path, undefined, { accept: TABLE }),
    );
    const tables = await Promise.all(answers);
    const rows = tables.flatMap((table) => table.rows ?? []);
    if (rows.length === 0) continue;
    const columns = tables[0]?.columnDefinitions ?? [];
    const look = {
      terminal,
      wide: format === 'wide',
      namespaces: scope.allNamespaces === true && one.type.namespaced,
      prefix: wanted.length > 1 ? `${singularName(one.type)}/` : '',
    };
    if (printed > 0) terminal.write('\n');
    new RowStream(terminal).print([
      headingOf(columns, look),
      ...rows.map((row) => cellsOf(columns, row, look)),
    ]);
    printed += 1;
  }
  if (printed > 0) return;
  const where = scope.allNamespaces === true || !wanted.some(({ type }) => type.namespaced);
  terminalOf(process.stderr).write(
    where ? 'No resources found\n' : `No resources found in ${scope.namespace} namespace.\n`,
  );
}

export async function printObjects(
  api: ApiClient,
  wanted: readonly Wanted[],
  scope: Scope,
  format: OutputFormat,
  terminal: Terminal,
): Promise<void> {
  const objects: { type: Wanted['type']; object: KubernetesObject }[] = [];
  for (const one of wanted) {
    const { group, version, kind } = one.type;
    const typed = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
    for (const path of pathsOf(one, scope)) {
      const answer = await api.raw<KubernetesObject & { items?: KubernetesObject[] }>('GET', path);
      const items = one.names.length > 0 ? [answer] : (answer.items ?? []);
      for (const item of items)
        objects.push({ type: one.type, object: withoutOwners({ ...typed, ...item }) });
    }
  }
  if (format === 'name')
    for (const { type, object } of objects)
      terminal.write(`${singularName(type)}/${object.metadata?.name}\n`);
  if (format !== 'json' && format !== 'yaml') return;
  const single = objects.length === 1 && wanted[0]?.names.length === 1 ? objects[0]?.object : undefined;
  const list = { apiVersion: 'v1', kind: 'List', items: objects.map(({ object }) => object) };
  terminal.write(await structured(format, single ?? list));
}

/** Nobody reads `managedFields` at a terminal. */
export function withoutOwners(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}
