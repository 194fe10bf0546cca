import { uidOnNode } from '../../model/mirror-pod.ts';
import { openRuntime } from '../engine/open-runtime.ts';
import { openSources } from '../engine/pod-source.ts';
import { findPod } from '../find-pods.ts';
import { parseOutputFormat, structured } from '../output/print-list.ts';
import type { Settings } from '../settings.ts';

/** `peapod inspect`: the pod as the API shows it, its events, and what the runtime knows of its sandbox and containers. */
export async function inspect(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string; output?: string },
): Promise<void> {
  const format = parseOutputFormat(options.output);
  await using sources = await openSources(settings);
  const inspected = [];
  for (const name of names) {
    const { pod, source } = await findPod(sources, options.namespace, name);
    await using host = await openRuntime(source);
    const podUid = uidOnNode(pod);
    const sandboxes = await host.runtime.listPodSandboxes({ podUid });
    const containers = await Promise.all(
      sandboxes.map(({ id }) => host.runtime.listContainers({ sandboxId: id })),
    );
    const events = await source.client.listEvents({ involvedUid: podUid });
    inspected.push({ pod, events, sandboxes, containers: containers.flat() });
  }
  process.stdout.write(await structured(format === 'yaml' ? 'yaml' : 'json', inspected));
}
