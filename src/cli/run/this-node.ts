import { arch, availableParallelism, totalmem } from 'node:os';
import type { Node } from '../../model/api/types.ts';
import type { Settings } from '../settings.ts';

/** As many as the kubelet's default, and as our bridge's subnet easily holds. */
export const MAX_PODS = 110;
/** What the kubelet's eviction keeps free by default. */
const EVICTION_RESERVE_KIB = 100 * 1024;

const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64' };

/** This machine as the scheduler sees it: all of it for pods, but for what eviction keeps free. */
export function thisNode(
  { nodeName, nodeLabels }: Pick<Settings, 'nodeName' | 'nodeLabels'>,
  maxPods = MAX_PODS,
): Node {
  const cpu = String(availableParallelism());
  const memoryKib = Math.floor(totalmem() / 1024);
  const architecture = ARCHITECTURES[arch()] ?? arch();
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        ...nodeLabels,
      },
    },
    spec: {},
    status: {
      capacity: { cpu, memory: `${memoryKib}Ki`, pods: String(maxPods) },
      allocatable: {
        cpu,
        memory: `${Math.max(0, memoryKib - EVICTION_RESERVE_KIB)}Ki`,
        pods: String(maxPods),
      },
    },
  };
}
