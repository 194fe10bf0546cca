/** A client that makes and removes containers until somebody kills it: `crash-client.ts <state directory> <sandbox> <image> <cgroup parent>`. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { shellContainer } from '../../../src/runtime/container/testing/container-host.ts';
import { openLocalRuntime } from '../../../src/runtime/local-runtime.ts';
import { runtimePaths } from '../../../src/runtime/paths.ts';

const [directory = '', sandbox = '', image = '', cgroupParent = ''] = process.argv.slice(2);
const runtime = await openLocalRuntime({
  paths: runtimePaths(join(directory, 'lib'), join(directory, 'run')),
  clock: { now: () => Date.now(), sleep: async (ms) => await delay(Math.max(0, ms)) },
  version: 'crash',
  cgroupParent,
});
process.stdout.write('ready\n');
for (let attempt = 0; ; attempt++) {
  const config = { ...shellContainer('crash', 'sleep 1000'), image, metadata: { name: 'crash', attempt } };
  const id = await runtime.createContainer(sandbox, config);
  await runtime.startContainer(id);
  await runtime.removeContainer(id);
}
