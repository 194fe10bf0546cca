import { type Check, type Finding, fail, ok, warn } from '../check.ts';
import type { DoctorHost } from '../doctor-host.ts';
import { versionParts } from './system.ts';

const OLDEST_CONMON = [2, 1] as const;

const crun: Check = {
  name: 'crun',
  async examine(host) {
    const version = await versionOf(host, 'crun');
    if (version !== undefined) return ok(version);
    if ((await host.find('runc')) === undefined) {
      return fail('no OCI runtime: neither crun nor runc is there', install('crun'));
    }
    return warn('not there: runc is used, which takes twice as long to start a container', install('crun'));
  },
};

const runc: Check = {
  name: 'runc',
  async examine(host) {
    const version = await versionOf(host, 'runc');
    return version === undefined
      ? warn('not there: nothing to fall back on where crun cannot work', install('runc'))
      : ok(version);
  },
};

const conmon: Check = {
  name: 'conmon',
  async examine(host) {
    const version = await versionOf(host, 'conmon');
    if (version === undefined) return fail('not there: nothing supervises the containers', install('conmon'));
    const [major = 0, minor = 0] = versionParts(version);
    const [oldestMajor, oldestMinor] = OLDEST_CONMON;
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok(version);
    return fail(`${version}: peapod needs ${OLDEST_CONMON.join('.')} or later`, install('conmon'));
  },
};

const plugins: Check = {
  name: 'network plugins',
  async examine(host) {
    const refused = (error: unknown) =>
      fail(`${(error as Error).message}: only pods with hostNetwork can run`);
    const wanted = await host.networkPlugins().catch(refused);
    if ('verdict' in wanted) return wanted;
    const missing: string[] = [];
    for (const plugin of wanted) if (!(await inAnyFolder(host, plugin))) missing.push(plugin);
    if (wanted.length === 0) return ok('none needed: no network is configured in place of our own bridge');
    if (missing.length === 0) return ok(wanted.join(', '));
    return fail(
      `${missing.join(', ')} not in ${host.places.cniBinDirs.join(':')}: only pods with hostNetwork can run`,
      install('containernetworking-plugins'),
    );
  },
};

const nft: Check = {
  name: 'nft',
  async examine(host) {
    if ((await host.find('nft')) === undefined) {
      return fail('not there: pods cannot get a route to the world', install('nftables'));
    }
    const { code, stderr } = await host.run('nft', 'list', 'tables');
    return code === 0 ? ok('works') : fail(`does not work here: ${stderr.trim()}`, 'modprobe nf_tables');
  },
};

/** The programs that do what peapod does not do itself. */
export const PROGRAM_CHECKS: readonly Check[] = [crun, runc, conmon, plugins, nft];

async function inAnyFolder(host: DoctorHost, plugin: string): Promise<boolean> {
  for (const folder of host.places.cniBinDirs) if (await host.exists(`${folder}/${plugin}`)) return true;
  return false;
}

/** The first line of `PROGRAM --version`, e.g. `crun version 1.8.1`; nothing when there is no such program. */
async function versionOf(host: DoctorHost, program: string): Promise<string | undefined> {
  if ((await host.find(program)) === undefined) return undefined;
  const { code, stdout, stderr } = await host.run(program, '--version');
  return code === 0
    ? (stdout.split('\n')[0] ?? '')
    : `${program} does not tell its version: ${stderr.trim()}`;
}

function install(debianPackage: string): Finding['mend'] & string {
  return `apt-get install ${debianPackage}`;
}
