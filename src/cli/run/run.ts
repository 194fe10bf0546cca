/** `peapod run`: from manifests to running pods. */
import { randomUUID } from 'node:crypto';
import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { type Host, openHost } from '../host.ts';
import { traced } from '../../runtime/linux/trace.ts';
import { ensureSupervisor } from '../keeper/ensure-supervisor.ts';
import { removePods } from '../keeper/remove-pods.ts';
import { terminalOf } from '../output/terminal.ts';
import { ExitCode } from '../report-error.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';
import { applyObjects } from './apply-objects.ts';
import { Interrupts } from './interrupts.ts';
import { pullImages } from './pull-images.ts';
import { type Manifests, readInput } from './read-input.ts';
import { runDetached } from './run-detached.ts';
import { runForeground } from './run-foreground.ts';
import { tellOciRuntime } from './tell-oci-runtime.ts';
import { traceTo } from './trace-to.ts';

export interface RunOptions {
  filename: string[];
  detach?: boolean;
  rm?: boolean;
  replace?: boolean;
  logs: boolean;
  /** Where the times of all steps are written to. */
  trace?: string;
}

/** @throws ExitCode of the first container that failed; PeapodError with nothing left behind when a pod can't be started */
export async function run(settings: Settings, options: RunOptions): Promise<void> {
  using _trace = traceTo(options.trace ?? process.env['PEAPOD_TRACE']);
  const terminal = terminalOf(process.stdout);
  const manifests = await traced('read manifests', () =>
    readInput(options.filename, terminalOf(process.stderr)),
  );
  requireRoot('run pods');
  // It starts while this process makes things ready; without pods it leaves again by itself.
  if (options.detach === true) ensureSupervisor(settings);
  await using host = await traced('open runtime', () => openHost(settings));
  await tellOciRuntime(host, terminalOf(process.stderr));
  using interrupts = new Interrupts();
  await freeNames(host, manifests.pods, options.replace ?? false);
  await traced('pull images', () =>
    pullImages(host.runtime, manifests.pods, terminal, { signal: interrupts.first }),
  );
  const pods = manifests.pods.map(withUid);
  await using applied = await traced('apply objects', () => applyObjects(host.client, manifests));
  const start = options.detach === true ? runDetached : runForeground;
  const exitCode = await start({ host, pods, terminal, interrupts, options, started: () => applied.keep() });
  if (exitCode !== 0) throw new ExitCode(exitCode);
}

/** Before anything is made: a name that is taken is an error, or with `--replace` made free. */
async function freeNames(host: Host, pods: Manifests['pods'], replace: boolean): Promise<void> {
  const present = await host.client.listPods();
  const taken = pods.flatMap((pod) => present.filter((other) => sameName(pod, other)));
  const [first] = taken;
  if (first === undefined) return;
  if (!replace) {
    throw new PeapodError('AlreadyExists', `pods "${first.metadata?.name}" already exists`, {
      hint: `peapod rm -f ${first.metadata?.name}, or peapod run --replace`,
    });
  }
  await removePods(host, taken, {});
}

function sameName(a: Pod, b: Pod): boolean {
  return a.metadata?.name === b.metadata?.name && a.metadata?.namespace === b.metadata?.namespace;
}

/** The uid is known before the pod is there, so that its keeper can hold its lock first. */
function withUid(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, uid: randomUUID() } };
}
