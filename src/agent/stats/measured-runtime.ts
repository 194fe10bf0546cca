import type { Clock } from '../../model/clock.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import type { AgentMetrics } from './agent-metrics.ts';

/** The kubelet's names of the verbs. @see kubernetes/pkg/kubelet/kuberuntime/instrumented_services.go */
const OPERATIONS: Partial<Record<string, string>> = {
  version: 'version',
  status: 'status',
  runPodSandbox: 'run_podsandbox',
  stopPodSandbox: 'stop_podsandbox',
  removePodSandbox: 'remove_podsandbox',
  podSandboxStatus: 'podsandbox_status',
  listPodSandboxes: 'list_podsandbox',
  podSandboxStats: 'podsandbox_stats',
  createContainer: 'create_container',
  startContainer: 'start_container',
  stopContainer: 'stop_container',
  removeContainer: 'remove_container',
  containerStatus: 'container_status',
  listContainers: 'list_containers',
  updateContainerResources: 'update_container',
  reopenContainerLog: 'reopen_container_log',
  containerStats: 'container_stats',
  execSync: 'exec_sync',
  exec: 'exec',
  attach: 'attach',
  portForward: 'port_forward',
  listImages: 'list_images',
  imageStatus: 'image_status',
  pullImage: 'pull_image',
  removeImage: 'remove_image',
  imageFsInfo: 'image_fs_info',
};

/** The same runtime, whose verbs are counted and timed. */
export function measuredRuntime<R extends PodRuntime>(runtime: R, metrics: AgentMetrics, clock: Clock): R {
  const measured = new Map<unknown, unknown>();
  return new Proxy(runtime, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      const type = typeof name === 'string' ? OPERATIONS[name] : undefined;
      if (type === undefined || typeof value !== 'function') return value;
      const known = measured.get(value);
      if (known !== undefined) return known;
      const verb = async (...args: unknown[]): Promise<unknown> => {
        const begin = clock.now();
        try {
          return await (Reflect.apply(value, target, args) as Promise<unknown>);
        } catch (error) {
          // Who gave up has not failed.
          if (isPeapodError(error) || !(error instanceof Error && error.name === 'AbortError'))
            metrics.operationFailed(type);
          throw error;
        } finally {
          metrics.operation(type, (clock.now() - begin) / 1000);
        }
      };
      measured.set(value, verb);
      return verb;
    },
  });
}
