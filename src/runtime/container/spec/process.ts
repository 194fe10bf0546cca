import { PeapodError } from '../../../model/errors.ts';
import type { ContainerConfig, ImageConfig } from '../../pod-runtime.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The command line: `command` replaces the image's entrypoint and its arguments, `args` alone replaces only the arguments.
 * @throws PeapodError CreateContainerConfigError when nobody says what to run
 */
export function processArgs(
  config: Pick<ContainerConfig, 'command' | 'args' | 'userImage'>,
  image: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): string[] {
  const args =
    config.command.length > 0
      ? [...config.command, ...config.args]
      : [...image.entrypoint, ...(config.args.length > 0 ? config.args : image.cmd)];
  if (args.length === 0) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `no command specified: neither the container nor its image "${config.userImage}" says what to run`,
    );
  }
  for (const arg of args) refuseNul(arg, 'an argument');
  return args;
}

/**
 * The environment: a default PATH, the image's, the pod's host name, then the container's; later ones win by name.
 * Entries of the image without `=` are left out: an OCI runtime may take them for "pass on what you have yourself".
 */
export function processEnv(
  config: Pick<ContainerConfig, 'env' | 'tty'>,
  imageEnv: readonly string[],
  facts: { hostname: string; home: string },
): string[] {
  const env = new Map<string, string>([['PATH', DEFAULT_PATH]]);
  if (config.tty) env.set('TERM', 'xterm');
  if (facts.hostname !== '') env.set('HOSTNAME', facts.hostname);
  for (const entry of imageEnv) {
    const equals = entry.indexOf('=');
    if (equals > 0 && !entry.includes('\0')) env.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  for (const { name, value } of config.env) {
    if (name === '' || name.includes('=')) {
      throw new PeapodError(
        'CreateContainerConfigError',
        `invalid environment variable name ${JSON.stringify(name)}`,
      );
    }
    refuseNul(name, 'a name of the environment');
    refuseNul(value, `the environment variable ${name}`);
    env.set(name, value);
  }
  if (!env.get('HOME')) env.set('HOME', facts.home || '/');
  return [...env].map(([name, value]) => `${name}=${value}`);
}

/** @throws PeapodError CreateContainerConfigError when it is not absolute */
export function processCwd(workingDir: string, imageWorkingDir: string): string {
  const cwd = workingDir || imageWorkingDir || '/';
  refuseNul(cwd, 'the working directory');
  if (cwd.startsWith('/')) return cwd;
  throw new PeapodError(
    'CreateContainerConfigError',
    `the working directory "${cwd}" is not an absolute path`,
  );
}

function refuseNul(text: string, what: string): void {
  if (!text.includes('\0')) return;
  throw new PeapodError('CreateContainerConfigError', `${what} contains a NUL character`);
}
