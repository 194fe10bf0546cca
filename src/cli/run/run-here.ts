import { traced } from '../../runtime/linux/trace.ts';
import { localEngine } from '../engine/local-engine.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { openHost } from '../host.ts';
import { ensureSupervisor } from '../keeper/ensure-supervisor.ts';
import { terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';
import { tellOciRuntime } from './tell-oci-runtime.ts';

/** Runs pods by the agent in this process, and by the one in the background after it. */
export async function runHere(
  settings: Settings,
  detach: boolean,
  run: (engine: PodEngine) => Promise<void>,
): Promise<void> {
  // It starts while this process makes things ready; without pods it leaves again by itself.
  if (detach) ensureSupervisor(settings);
  await using host = await traced('open runtime', () => openHost(settings));
  await tellOciRuntime(host, terminalOf(process.stderr));
  await run(localEngine(host));
}
