import type { Pod } from '../../model/api/types.ts';
import type { FoundPod } from '../find-pods.ts';
import { openHost } from '../host.ts';
import { localEngine } from './local-engine.ts';
import type { PodEngine } from './pod-engine.ts';
import type { PodSource } from './pod-source.ts';
import { serverEngine } from './server-engine.ts';

/** Does something to pods by the engine of each; the agent of those without a server is in this process meanwhile. */
export async function withEngines(
  pods: readonly FoundPod[],
  work: (engine: PodEngine, pods: Pod[]) => Promise<void>,
): Promise<void> {
  const bySource = Map.groupBy(pods, ({ source }) => source);
  await Promise.all(
    [...bySource].map(([source, found]) =>
      withEngine(source, (engine) =>
        work(
          engine,
          found.map(({ pod }) => pod),
        ),
      ),
    ),
  );
}

async function withEngine(source: PodSource, work: (engine: PodEngine) => Promise<void>): Promise<void> {
  if (source.kind === 'server') return work(serverEngine(source));
  await using host = await openHost(source.settings);
  await work(localEngine(host));
}
