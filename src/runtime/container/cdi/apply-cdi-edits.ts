import { PeapodError } from '../../../model/errors.ts';
import { requestedDevices } from '../host-devices.ts';
import type { OciDevice, OciDeviceRule, OciHooks, OciMount, OciSpec } from '../spec/oci-spec.ts';
import type { CdiDeviceNode, CdiEdits } from './cdi-spec.ts';

interface Given {
  readonly device: OciDevice;
  readonly rule: OciDeviceRule | undefined;
}

/**
 * The specification with the edits in it.
 * @throws PeapodError CreateContainerError for a device node that is not there
 */
export async function applyCdiEdits(spec: OciSpec, edits: readonly CdiEdits[]): Promise<OciSpec> {
  if (edits.length === 0) return spec;
  const given = await Promise.all(
    edits.flatMap(({ deviceNodes }) => deviceNodes).map((node) => deviceOf(node, spec.process.user)),
  );
  const { process, linux } = spec;
  const gids = [...process.user.additionalGids, ...edits.flatMap(({ additionalGids }) => additionalGids)];
  return {
    ...spec,
    process: {
      ...process,
      user: { ...process.user, additionalGids: [...new Set(gids)] },
      env: withVariables(
        process.env,
        edits.flatMap(({ env }) => env),
      ),
    },
    mounts: withMounts(spec.mounts, edits),
    hooks: withHooks(spec.hooks ?? {}, edits),
    linux: {
      ...linux,
      devices: [
        ...linux.devices.filter(({ path }) => !given.some(({ device }) => device.path === path)),
        ...given.map(({ device }) => device),
      ],
      resources: {
        ...linux.resources,
        devices: [...(linux.resources.devices ?? []), ...given.flatMap(({ rule }) => rule ?? [])],
      },
    },
  };
}

/** What the file does not say of the node is as it is on the host; without an owner it is the process's. */
async function deviceOf(node: CdiDeviceNode, user: OciSpec['process']['user']): Promise<Given> {
  const { path, permissions = 'rwm' } = node;
  const type = node.type === 'u' ? 'c' : node.type;
  const owner = {
    ...((node.uid ?? user.uid) > 0 ? { uid: node.uid ?? user.uid } : {}),
    ...((node.gid ?? user.gid) > 0 ? { gid: node.gid ?? user.gid } : {}),
  };
  if (type === 'p')
    return {
      device: { type, path, major: 0, minor: 0, fileMode: node.fileMode ?? 0o666, uid: 0, gid: 0, ...owner },
      rule: undefined,
    };
  const known = type !== undefined && node.major !== undefined && node.minor !== undefined;
  const [found] = known
    ? []
    : await requestedDevices([{ hostPath: node.hostPath ?? path, containerPath: path, permissions }]);
  const device = {
    type: (type ?? found?.type) as 'b' | 'c',
    path,
    major: node.major ?? found?.major ?? 0,
    minor: node.minor ?? found?.minor ?? 0,
    fileMode: node.fileMode ?? (found?.fileMode ?? 0o660) & 0o777,
    uid: 0,
    gid: 0,
    ...owner,
  };
  const { major, minor } = device;
  return { device, rule: { allow: true, type: device.type, major, minor, access: permissions } };
}

function withVariables(before: readonly string[], added: readonly string[]): string[] {
  const all = new Map([...before, ...added].map((entry) => [entry.split('=', 1)[0] ?? '', entry]));
  return [...all.values()];
}

/** One in the place of another replaces it, and each comes after those that it lies in. */
function withMounts(before: readonly OciMount[], edits: readonly CdiEdits[]): OciMount[] {
  const added = edits
    .flatMap(({ mounts }) => mounts)
    .map(({ hostPath, containerPath, type = 'bind', options = [] }) => ({
      destination: containerPath,
      type,
      source: hostPath,
      options:
        type !== 'bind' || options.some((each) => /^r?bind$/.test(each))
          ? [...options]
          : ['bind', ...options],
    }));
  const depth = ({ destination }: OciMount) => destination.split('/').filter((part) => part !== '').length;
  return [
    ...before.filter(({ destination }) => !added.some((each) => each.destination === destination)),
    ...added.sort((a, b) => depth(a) - depth(b)),
  ];
}

function withHooks(before: OciHooks, edits: readonly CdiEdits[]): OciHooks {
  const hooks: OciHooks = { ...before };
  for (const { hookName, path, args, env, timeout } of edits.flatMap((each) => each.hooks)) {
    if (timeout === 0)
      throw new PeapodError('CreateContainerError', `CDI hook ${path}: timeout must be positive`);
    const hook = {
      path,
      ...(args === undefined ? {} : { args: [...args] }),
      ...(env === undefined ? {} : { env: [...env] }),
      ...(timeout === undefined ? {} : { timeout }),
    };
    hooks[hookName] = [...(hooks[hookName] ?? []), hook];
  }
  return hooks;
}
