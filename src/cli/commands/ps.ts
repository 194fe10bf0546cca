import { readdir } from 'node:fs/promises';
import type { Pod } from '../../model/api/types.ts';
import { matchesRequirements, parseLabelSelector } from '../../model/label-selector.ts';
import { type PodRow, podRow } from '../../model/status/pod-printer.ts';
import { bundlesDirectory } from '../../runtime/container/container-paths.ts';
import { runtimePaths } from '../../runtime/paths.ts';
import { openSources, type PodSources } from '../engine/pod-source.ts';
import { allPods, findPod } from '../find-pods.ts';
import { parseOutputFormat, printList } from '../output/print-list.ts';
import { colouredStatus } from '../output/status-colour.ts';
import { terminalOf } from '../output/terminal.ts';
import { readRunningServer } from '../serve/read-server.ts';
import { serverSettings } from '../serve/server-settings.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';

interface ShownPods {
  readonly namespace?: string;
  readonly selector?: string;
  readonly output?: string;
}

type Row = PodRow & { pod: Pod };

/** `peapod ps`: kubectl's table of pods; with the namespace when there is more than the default one. */
export async function ps(settings: Settings, names: readonly string[], options: ShownPods): Promise<void> {
  parseOutputFormat(options.output);
  await using sources = await openSources(settings);
  await showPods(sources, names, options);
  if (sources.server === undefined) await tellOfUnattended(settings);
}

/** Of pods that a server has left running, which nobody sees until the next one serves. One that was killed is warned of by whoever looks for it. */
async function tellOfUnattended(settings: Settings): Promise<void> {
  const { root, run } = serverSettings(settings, undefined);
  if (readRunningServer(run) !== undefined) return;
  const { length } = await readdir(bundlesDirectory(runtimePaths(root, run))).catch(() => []);
  if (length === 0) return;
  const terminal = terminalOf(process.stderr);
  const what = `${length} ${length === 1 ? 'container' : 'containers'} of a stopped server not shown: peapod serve --detach`;
  terminal.write(`${terminal.style('dim', what)}\n`);
}

/** The pods of all sources as `options` choose and show them. */
export async function showPods(
  sources: PodSources,
  names: readonly string[],
  options: ShownPods,
): Promise<void> {
  const format = parseOutputFormat(options.output);
  const requirements = options.selector === undefined ? [] : parseLabelSelector(options.selector);
  const found =
    names.length === 0
      ? await allPods(sources)
      : await Promise.all(names.map((name) => findPod(sources, options.namespace ?? 'default', name)));
  const pods = found
    .map(({ pod }) => pod)
    .filter(({ metadata }) => options.namespace === undefined || metadata?.namespace === options.namespace)
    .filter(({ metadata }) => matchesRequirements(requirements, metadata?.labels ?? {}));
  const rows = pods.map((pod): Row => ({ ...podRow(pod, systemClock.now()), pod }));
  const terminal = terminalOf(process.stdout);
  const severalNamespaces =
    rows.some(({ namespace }) => namespace !== 'default') && options.namespace === undefined;
  const columns = [
    ...(severalNamespaces ? [{ heading: 'NAMESPACE', value: (row: Row) => row.namespace }] : []),
    { heading: 'NAME', value: (row: Row) => row.name },
    { heading: 'READY', value: (row: Row) => row.ready },
    { heading: 'STATUS', value: (row: Row) => colouredStatus(terminal, row.status) },
    { heading: 'RESTARTS', value: (row: Row) => row.restarts },
    { heading: 'AGE', value: (row: Row) => row.age },
    { heading: 'IP', value: (row: Row) => row.ip },
    {
      heading: 'CONTAINERS',
      value: (row: Row) => (row.pod.spec?.containers ?? []).map(({ name }) => name).join(','),
      wide: true,
    },
    {
      heading: 'IMAGES',
      value: (row: Row) => (row.pod.spec?.containers ?? []).map(({ image }) => image).join(','),
      wide: true,
    },
    { heading: 'UID', value: (row: Row) => row.pod.metadata?.uid ?? '', wide: true },
  ];
  await printList(
    terminal,
    format,
    { columns, name: (row: Row) => `pod/${row.name}`, object: (row: Row) => row.pod },
    rows,
  );
}
