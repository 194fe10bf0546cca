import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { uidOnNode } from '../../model/mirror-pod.ts';
import { listThreads, readProcessStat } from '../../runtime/linux/proc.ts';
import { openRuntime } from '../engine/open-runtime.ts';
import { openSources } from '../engine/pod-source.ts';
import { allPods, containersOf, findPod, type FoundPod } from '../find-pods.ts';
import type { Host } from '../host.ts';
import { parseOutputFormat, structured } from '../output/print-list.ts';
import { redraw } from '../output/redraw.ts';
import { terminalOf } from '../output/terminal.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';
import { type PodProcesses, podTree } from '../tree/pod-tree.ts';
import type { ProcessView } from '../tree/process-tree.ts';
import { renderTree } from '../tree/render-tree.ts';

const EVERY_MS = 1000;

/** `peapod tree`: every pod, or those named, as a process group. */
export async function tree(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string; threads?: boolean; output?: string; watch?: boolean },
): Promise<void> {
  requireRoot('see the processes of pods');
  const format = parseOutputFormat(options.output);
  if (options.watch === true && options.output !== undefined)
    throw new PeapodError('Invalid', '--watch goes with no --output');
  await using sources = await openSources(settings);
  const read = async (): Promise<PodProcesses[]> =>
    readPods(
      names.length === 0
        ? await allPods(sources)
        : await Promise.all(names.map((name) => findPod(sources, options.namespace, name))),
    );
  const terminal = terminalOf(process.stdout);
  const linesOf = (pods: readonly PodProcesses[]): string[] =>
    pods.flatMap((pod) => renderTree(podTree(pod, { threads: options.threads === true }, terminal)));
  if (options.watch === true) {
    const { signal } = new AbortController();
    const lines = async () => linesOf(await read());
    await redraw(terminal, lines, { everyMs: EVERY_MS, clock: systemClock, signal });
    return;
  }
  const found = await read();
  if (format === 'json' || format === 'yaml') {
    process.stdout.write(
      await structured(
        format,
        found.map(({ name, infra, containers }) => ({
          name,
          infra,
          containers: containers.map(({ status, processes }) => ({
            name: status.metadata.name,
            state: status.state,
            processes,
          })),
        })),
      ),
    );
    return;
  }
  for (const line of linesOf(found)) process.stdout.write(`${line}\n`);
}

async function readPods(pods: readonly FoundPod[]): Promise<PodProcesses[]> {
  const found: PodProcesses[] = [];
  for (const [source, group] of Map.groupBy(pods, (one) => one.source)) {
    await using host = await openRuntime(source);
    const read = await Promise.all(group.map(({ pod }) => readPod(host, pod)));
    found.push(...read.filter((pod) => pod !== undefined));
  }
  return found;
}

async function readPod(host: Host, pod: Pod): Promise<PodProcesses | undefined> {
  const sandboxes = await host.runtime.listPodSandboxes({ podUid: uidOnNode(pod) });
  const sandbox = sandboxes.sort((a, b) => b.metadata.attempt - a.metadata.attempt)[0];
  if (sandbox === undefined) return undefined;
  const order = containersOf(pod).map(({ name }) => name);
  const newest = new Map<string, PodProcesses['containers'][number]['status']>();
  for (const status of await host.runtime.listContainers({ sandboxId: sandbox.id })) {
    const known = newest.get(status.metadata.name);
    if (known === undefined || known.metadata.attempt < status.metadata.attempt)
      newest.set(status.metadata.name, status);
  }
  const containers = [...newest.values()].sort(
    (a, b) => order.indexOf(a.metadata.name) - order.indexOf(b.metadata.name),
  );
  return {
    name: pod.metadata?.name ?? '',
    sandbox,
    infra: await readProcesses(sandbox.pid === 0 ? [] : [sandbox.pid]),
    containers: await Promise.all(
      containers.map(async (status) => ({
        status,
        processes: await readProcesses(await host.runtime.containerProcesses(status.id)),
      })),
    ),
  };
}

async function readProcesses(pids: readonly number[]): Promise<ProcessView[]> {
  const views = pids.map(async (pid) => {
    const stat = readProcessStat(pid);
    if (stat === undefined) return undefined;
    const { parentPid, processGroup, name } = stat;
    return { pid, parentPid, processGroup, name, threads: await listThreads(pid) };
  });
  return (await Promise.all(views)).filter((view) => view !== undefined);
}
