import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { PeapodError } from '../model/errors.ts';
import { checkLabelValue, checkQualifiedName } from '../model/validation/names.ts';

/**
 * What every verb needs to know of this installation. Flags win over `PEAPOD_…` variables, these over a configuration file, and
 * that over the defaults.
 */
export interface Settings {
  /** State that outlives a reboot. */
  root: string;
  /** State that does not. */
  run: string;
  /** The images; below `root` unless told. */
  images: string;
  nodeName: string;
  /** What this node has besides its name, system and architecture, for `nodeSelector`. */
  nodeLabels: Record<string, string>;
  /** Where network configurations (conflist files) are looked for; our own network is used when there is none. */
  cniConfDir: string;
  cniBinDirs: string[];
  bridge: string;
  subnet: string;
}

export interface SettingFlags {
  root?: string;
  runRoot?: string;
  imagesDir?: string;
  nodeName?: string;
  nodeLabels?: string;
  cniConfDir?: string;
  cniBinDir?: string;
  bridge?: string;
  subnet?: string;
}

/** The part of `peapod serve --config` that is about the installation. */
export interface SettingsFile {
  readonly root?: string;
  readonly runRoot?: string;
  readonly imagesDir?: string;
  readonly nodeName?: string;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly cniConfDir?: string;
  readonly cniBinDirs?: readonly string[];
  readonly bridge?: string;
  readonly subnet?: string;
}

export function settingsFrom(flags: SettingFlags, env: NodeJS.ProcessEnv, file: SettingsFile = {}): Settings {
  const value = (flag: string | undefined, name: string, otherwise: string) => flag ?? env[name] ?? otherwise;
  const bridge = value(flags.bridge, 'PEAPOD_BRIDGE', file.bridge ?? 'peapod0');
  if (!/^[A-Za-z0-9_.-]{1,15}$/.test(bridge)) {
    throw new PeapodError(
      'Invalid',
      `invalid bridge name "${bridge}": must be at most 15 letters, digits, '.', '_' or '-'`,
    );
  }
  const root = resolve(value(flags.root, 'PEAPOD_ROOT', file.root ?? '/var/lib/peapod'));
  return {
    root,
    run: resolve(value(flags.runRoot, 'PEAPOD_RUN', file.runRoot ?? '/run/peapod')),
    images: resolve(value(flags.imagesDir, 'PEAPOD_IMAGES_DIR', file.imagesDir ?? join(root, 'images'))),
    nodeName: value(flags.nodeName, 'PEAPOD_NODE_NAME', file.nodeName ?? hostname().toLowerCase()),
    nodeLabels: parseLabels(
      value(flags.nodeLabels, 'PEAPOD_NODE_LABELS', writeLabels(file.nodeLabels ?? {})),
    ),
    cniConfDir: resolve(
      value(flags.cniConfDir, 'PEAPOD_CNI_CONF_DIR', file.cniConfDir ?? '/etc/peapod/cni/net.d'),
    ),
    cniBinDirs: value(
      flags.cniBinDir,
      'PEAPOD_CNI_BIN_DIR',
      file.cniBinDirs?.join(':') ?? '/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni',
    ).split(':'),
    bridge,
    subnet: value(flags.subnet, 'PEAPOD_SUBNET', file.subnet ?? '10.87.0.0/16'),
  };
}

/** The variables that make another peapod process work on the same installation. */
export function settingsEnv(settings: Settings): Record<string, string> {
  return {
    PEAPOD_ROOT: settings.root,
    PEAPOD_RUN: settings.run,
    PEAPOD_IMAGES_DIR: settings.images,
    PEAPOD_NODE_NAME: settings.nodeName,
    PEAPOD_NODE_LABELS: writeLabels(settings.nodeLabels),
    PEAPOD_CNI_CONF_DIR: settings.cniConfDir,
    PEAPOD_CNI_BIN_DIR: settings.cniBinDirs.join(':'),
    PEAPOD_BRIDGE: settings.bridge,
    PEAPOD_SUBNET: settings.subnet,
  };
}

function writeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map((label) => label.join('='))
    .join(',');
}

/** `disk=ssd,zone=a` */
function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of text.split(',').filter((part) => part !== '')) {
    const [key = '', value = ''] = pair.split(/=(.*)/s);
    const [problem] = [...checkQualifiedName(key), ...checkLabelValue(value)];
    if (problem !== undefined) throw new PeapodError('Invalid', `invalid node label "${pair}": ${problem}`);
    labels[key] = value;
  }
  return labels;
}
