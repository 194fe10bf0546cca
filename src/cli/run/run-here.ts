import { traced } from '../../runtime/linux/trace.ts';
import { localEngine } from '../engine/local-engine.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { openHost } from '../host.ts';
import { terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';
import { tellOciRuntime } from './tell-oci-runtime.ts';

/** Runs pods by the agent in this process. */
export async function runHere(settings: Settings, run: (engine: PodEngine) => Promise<void>): Promise<void> {
  await using host = await traced('open runtime', () => openHost(settings));
  host.runtime.expectPods();
  await tellOciRuntime(host, terminalOf(process.stderr));
  await run(localEngine(host));
}
