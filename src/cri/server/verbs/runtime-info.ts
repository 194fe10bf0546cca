/** Version, Status, RuntimeConfig, UpdateRuntimeConfig, GetContainerEvents, CheckpointContainer. */
import { PeapodError } from '../../../model/errors.ts';
import { CgroupDriver } from '../../api/runtime_pb.ts';
import { unsupported } from '../../convert/invalid.ts';
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

  /** Paths are taken as they are, and slices too: what the kubelet has made is right. */
  async runtimeConfig() {
    return { linux: { cgroupDriver: CgroupDriver.CGROUPFS } };
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

  async checkpointContainer({ containerId }, { signal }) {
    const id = await findContainerId(context, containerId);
    await context.runtime.containerStatus(id, { signal });
    return unsupported('CheckpointContainer', 'containers cannot be checkpointed');
  },
});
