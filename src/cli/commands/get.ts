import { PeapodError } from '../../model/errors.ts';
import { openSources, serverOf } from '../engine/pod-source.ts';
import { findResources } from '../get/find-resources.ts';
import { printObjects, printTables, type Wanted } from '../get/print-wanted.ts';
import { watchObjects } from '../get/watch-objects.ts';
import { parseOutputFormat } from '../output/print-list.ts';
import { terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';
import { showPods } from './ps.ts';

interface GetOptions {
  readonly namespace: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly watch?: boolean;
  readonly output?: string;
}

/** `peapod get`: objects of the server as kubectl shows them; without one `get pods` shows the pods of `run`. */
export async function get(
  settings: Settings,
  kinds: string,
  names: readonly string[],
  options: GetOptions,
): Promise<void> {
  const format = parseOutputFormat(options.output);
  const asked = readArguments(kinds, names);
  const { selector, output } = options;
  const all = options.allNamespaces === true;
  if (asked.some((one) => one.name !== undefined) && (all || selector !== undefined))
    throw new PeapodError('Invalid', 'a name goes neither with --all-namespaces nor with --selector');
  await using sources = await openSources(settings);
  if (sources.server === undefined && options.watch !== true && asked.every(({ kind }) => isPods(kind))) {
    return await showPods(
      sources,
      asked.flatMap(({ name }) => name ?? []),
      {
        ...(all ? {} : { namespace: options.namespace }),
        ...(selector === undefined ? {} : { selector }),
        ...(output === undefined ? {} : { output }),
      },
    );
  }
  const { api } = serverOf(sources, options.watch === true ? '--watch' : `get ${kinds}`);
  const wanted: Wanted[] = [];
  for (const { kind, name } of asked)
    for (const type of await findResources(api, [kind])) {
      const same = wanted.findIndex(
        (one) => one.type.plural === type.plural && one.type.group === type.group,
      );
      const already = wanted[same]?.names ?? [];
      wanted.splice(same === -1 ? wanted.length : same, 1, {
        type,
        names: [...already, ...(name === undefined ? [] : [name])],
      });
    }
  const terminal = terminalOf(process.stdout);
  if (options.watch === true) {
    const [one, ...others] = wanted;
    if (one === undefined || others.length > 0 || one.names.length > 1)
      throw new PeapodError('Invalid', '--watch takes one kind, and at most one name');
    return await watchObjects(api, one, { ...options, format, terminal });
  }
  if (format === 'table' || format === 'wide') await printTables(api, wanted, options, format, terminal);
  else await printObjects(api, wanted, options, format, terminal);
}

function isPods(kind: string): boolean {
  return ['po', 'pod', 'pods'].includes(kind.toLowerCase());
}

/** `pods,nodes`, `pods a b` and `pod/a node/b`, as one question each. */
function readArguments(kinds: string, names: readonly string[]): { kind: string; name?: string }[] {
  if (!kinds.includes('/')) {
    const words = kinds.split(',').filter((word) => word !== '');
    if (words.length === 0) throw new PeapodError('Invalid', 'name a kind of objects');
    return words.flatMap((kind) =>
      names.length === 0 ? [{ kind }] : [...new Set(names)].map((name) => ({ kind, name })),
    );
  }
  return [kinds, ...names].map((text) => {
    const [kind = '', name = '', ...more] = text.split('/');
    if (kind === '' || name === '' || more.length > 0)
      throw new PeapodError('Invalid', `"${text}" is not of the form KIND/NAME, as the others are`);
    return { kind, name };
  });
}
