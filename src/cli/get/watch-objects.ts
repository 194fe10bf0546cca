import type { ApiClient, KubernetesObject } from '../../client/api-client.ts';
import { resourcePath } from '../../client/resource-types.ts';
import { type OutputFormat, structured } from '../output/print-list.ts';
import { RowStream } from '../output/row-stream.ts';
import { type Terminal, terminalOf } from '../output/terminal.ts';
import { singularName } from './find-resources.ts';
import { type Scope, type Wanted, withoutOwners } from './print-wanted.ts';
import { cellsOf, headingOf, type ServerTable, TABLE, type TableColumn } from './server-table.ts';

/**
 * Prints what there is, and a row or object for each change, until the process ends.
 * @throws PeapodError Unavailable when the server goes; Expired when it no longer knows what has changed
 */
export async function watchObjects(
  api: ApiClient,
  { type, names }: Wanted,
  options: Scope & { readonly format: OutputFormat; readonly terminal: Terminal },
): Promise<void> {
  const { format, terminal, selector } = options;
  const query = new URLSearchParams();
  if (selector !== undefined) query.set('labelSelector', selector);
  if (names[0] !== undefined) query.set('fieldSelector', `metadata.name=${names[0]}`);
  const all = options.allNamespaces === true;
  const path = resourcePath(type, all ? '' : options.namespace);
  const asTable = format === 'table' || format === 'wide';
  const accept = asTable ? { accept: TABLE } : {};
  const stream = new RowStream(terminal);
  const look = { terminal, wide: format === 'wide', namespaces: all && type.namespaced, prefix: '' };
  let columns: readonly TableColumn[] = [];
  const show = async (answer: ServerTable | KubernetesObject): Promise<string | undefined> => {
    if (isTable(answer)) {
      const rows = answer.rows ?? [];
      const heading = columns.length === 0 && rows.length > 0;
      if (heading) columns = answer.columnDefinitions ?? [];
      const lines = rows.map((row) => cellsOf(columns, row, look));
      stream.print(heading ? [headingOf(columns, look), ...lines] : lines);
      return rows.at(-1)?.object?.metadata?.resourceVersion;
    }
    const object = withoutOwners(answer);
    if (format === 'name') terminal.write(`${singularName(type)}/${object.metadata?.name}\n`);
    else if (format === 'json') terminal.write(await structured(format, object));
    else terminal.write(`---\n${await structured('yaml', object)}`);
    return object.metadata?.resourceVersion;
  };
  const first = await api.raw<ServerTable & { items?: KubernetesObject[] }>(
    'GET',
    query.size === 0 ? path : `${path}?${query.toString()}`,
    undefined,
    accept,
  );
  if (asTable) await show(first);
  const { group, version, kind } = type;
  const typed = { apiVersion: group === '' ? version : `${group}/${version}`, kind };
  for (const item of first.items ?? []) await show({ ...typed, ...item });
  if ((first.rows ?? first.items ?? []).length === 0)
    terminalOf(process.stderr).write('No resources found yet\n');
  let resourceVersion = first.metadata?.resourceVersion ?? '';
  query.set('watch', 'true');
  for (;;) {
    query.set('resourceVersion', resourceVersion);
    for await (const { type: what, object } of api.watchPath<ServerTable | KubernetesObject>(
      `${path}?${query.toString()}`,
      accept,
    )) {
      if (what !== 'BOOKMARK') resourceVersion = (await show(object)) ?? resourceVersion;
    }
  }
}

function isTable(answer: ServerTable | KubernetesObject): answer is ServerTable {
  return answer.kind === 'Table';
}
