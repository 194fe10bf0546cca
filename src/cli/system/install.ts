import type { Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';
import { packageRoot } from '../package-root.ts';
import { requireRoot } from '../require-root.ts';
import { readConfigFile } from '../serve/config/read-config.ts';
import type { SettingFlags } from '../settings.ts';
import { shellFiles } from './shell-files.ts';
import { unitFile } from './unit-file.ts';

export interface InstallOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly listen?: string;
  readonly uninstall?: boolean;
  readonly dryRun?: boolean;
}

const UNIT = '/etc/systemd/system/peapod.service';

/** `peapod system install`. @throws PeapodError Unavailable when systemctl fails */
export async function install(program: Command, flags: SettingFlags, options: InstallOptions): Promise<void> {
  if (options.dryRun !== true) requireRoot('install a service');
  if (options.config !== undefined) await readConfigFile(options.config);
  const systemd = existsSync('/run/systemd/system');
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const systemctl = (...args: string[]) => {
    if (options.dryRun === true || !systemd) say(`# systemctl ${args.join(' ')}`);
    else callSystemctl(args);
  };
  if (options.uninstall === true) {
    if (!existsSync(UNIT) && options.dryRun !== true)
      throw new PeapodError('NotFound', `there is no ${UNIT}`, { hint: 'peapod system install' });
    systemctl('disable', '--now', 'peapod.service');
    for (const path of [UNIT, ...shellFiles(program).keys()])
      if (options.dryRun === true) say(`# rm ${path}`);
      else await rm(path, { force: true });
    systemctl('daemon-reload');
    if (options.dryRun !== true) say('The service is gone; its pods run on');
    return;
  }
  const unit = unitFile(serviceOf(flags, options));
  if (options.dryRun === true) process.stdout.write(`# ${UNIT}\n${unit}\n`);
  for (const [path, text] of [[UNIT, unit] as const, ...shellFiles(program)]) {
    if (options.dryRun === true) {
      if (path !== UNIT) say(`# ${path}`);
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, text, { mode: 0o644 });
    say(`Written ${path}`);
  }
  if (options.dryRun !== true) {
    if (!systemd) say('systemd does not run on this machine. Where it does:');
  }
  systemctl('daemon-reload');
  systemctl('enable', '--now', 'peapod.service');
  if (options.dryRun !== true && systemd)
    say('The server runs, and starts at every boot: peapod kubeconfig --merge; journalctl -u peapod');
}

function serviceOf(flags: SettingFlags, options: InstallOptions) {
  const root = packageRoot();
  const node = realpathSync(process.execPath);
  return {
    command: [join(root, 'peapod'), ...words(flags), 'serve', ...words(serverFlags(options))],
    // A Node.js outside of the package may not be on the PATH of a service.
    environment: node.startsWith(`${root}/`) ? {} : { PEAPOD_NODE: node },
  };
}

function serverFlags({ config, dataDir, listen }: InstallOptions): Record<string, string> {
  return {
    ...(config === undefined ? {} : { config: resolve(config) }),
    ...(dataDir === undefined ? {} : { dataDir: resolve(dataDir) }),
    ...(listen === undefined ? {} : { listen }),
  };
}

const PATHS = new Set(['root', 'runRoot', 'imagesDir', 'cniConfDir']);

/** `{ nodeName: 'a' }` → `--node-name a` */
function words(flags: object): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [flag, PATHS.has(name) ? resolve(String(value)) : String(value)];
  });
}

function callSystemctl(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('systemctl', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new PeapodError(
      'Unavailable',
      `systemctl ${args.join(' ')} failed: ${error?.message ?? stderr.trim()}`,
      { hint: 'journalctl -u peapod' },
    );
}
