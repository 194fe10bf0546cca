/** Version, Status, RuntimeConfig, UpdateRuntimeConfig, GetContainerEvents, CheckpointContainer. */
import { PeapodError } from '../../../model/errors.ts';
import { CgroupDriver } from '../../api/runtime_pb.ts';
import { required } from '../../convert/invalid.ts';
import { timeoutMs } from '../../convert/numbers.ts';
import { findContainerId } from '../find-id.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

/** Of the interface before there were versions: what every runtime answers. */
const KUBELET_API_VERSION = '0.1.0';

export const runtimeInfo: RuntimeVerbs<
  | 'version'
  | 'status'
  | 'runtimeConfig'
  | 'updateRuntimeConfig'
  | 'getContainerEvents'
  | 'checkpointContainer'
> = (context) => ({
  async version() {
    return { version: KUBELET_API_VERSION, ...(await context.runtime.version()) };
  },

  async status({ verbose }) {
    const [conditions, handlers] = await Promise.all([
      context.runtime.status(),
      context.runtime.runtimeHandlers(),
    ]);
    return {
      status: { conditions },
      runtimeHandlers: handlers.map(({ name, recursiveReadOnlyMounts, userNamespaces }) => ({
        name,
        features: { recursiveReadOnlyMounts, userNamespaces },
      })),
      features: { supplementalGroupsPolicy: true, userNamespacesHostNetwork: false },
      info: verbose ? { config: JSON.stringify(context.info) } : {},
    };
  },

  /** What is asked for in the other's form is taken all the same. */
  async runtimeConfig() {
    return { linux: { cgroupDriver: CgroupDriver[context.cgroupDriver] } };
  },

  async updateRuntimeConfig({ runtimeConfig }) {
    const asked = runtimeConfig?.networkConfig?.podCidr ?? '';
    if (asked !== '' && asked !== context.podCidr)
      throw new PeapodError(
        'FailedPrecondition',
        `runtime_config.network_config.pod_cidr: pods get addresses of ${context.podCidr}, not of ${asked.slice(0, 100)}`,
        { hint: 'start with --subnet, or configure a CNI network' },
      );
    return {};
  },

  getContainerEvents: (_request, { signal }) => context.events.subscribe(signal),

  async checkpointContainer({ containerId, location, timeout }, { signal }) {
    const limit = timeoutMs(timeout, 'timeout');
    const path = required(location, 'location');
    const id = await findContainerId(context, containerId);
    await context.runtime.checkpointContainer(id, path, { signal, timeoutMs: limit });
    return {};
  },
});
