/**
 * Puts the images that are named into peapod's store the way any image gets there: each is pushed to a registry and
 * pulled by peapod. The registry is Debian's, on a free port of loopback, and lives only as long as this program.
 *
 *     node examples/images/provide.ts rsyslogd busybox
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushImageArchive } from '../../test/system/support/images.ts';
import { startRegistry } from '../../test/system/support/registry.ts';
import { RECIPES, recipeName } from './build-image.ts';

const PEAPOD = join(import.meta.dirname, '../../peapod');

/** Makes `localhost:5000` mean the registry that is up for the moment. */
function registriesConf(host: string): string {
  return `[[registry]]
location = "localhost:5000"
[[registry.mirror]]
location = "${host}"
insecure = true
`;
}

async function pull(reference: string, conf: string): Promise<number> {
  const env = { ...process.env, CONTAINERS_REGISTRIES_CONF: conf };
  const child = spawn(PEAPOD, ['pull', reference], { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const names = process.argv.slice(2).map(recipeName);
await using registry = await startRegistry();
const conf = join(registry.directory, 'registries.conf');
await writeFile(conf, registriesConf(registry.host));
for (const name of names) {
  await pushImageArchive(registry, name);
  process.exitCode ||= await pull(RECIPES[name].reference, conf);
}
