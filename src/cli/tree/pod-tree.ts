import type { ContainerStatus, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import { type ProcessView, processTree } from './process-tree.ts';
import type { TreeNode } from './render-tree.ts';

/** One pod with the processes of its members. */
export interface PodProcesses {
  name: string;
  sandbox: PodSandboxStatus;
  infra: readonly ProcessView[];
  containers: readonly { status: ContainerStatus; processes: readonly ProcessView[] }[];
}

/** The pod as a process group: the infra container first, then each container with its processes below. */
export function podTree(pod: PodProcesses, options: { threads: boolean }): TreeNode {
  const names = ['infra', ...pod.containers.map(({ status }) => status.metadata.name)];
  const width = Math.max(...names.map((name) => name.length));
  const member = (name: string, processes: readonly ProcessView[], ended: string): TreeNode => {
    const children = processTree(processes, options);
    if (children.length === 0) return { label: `${name.padEnd(width)} ${ended}`, children };
    return { label: name.padEnd(width, '─'), children };
  };
  return {
    label: pod.name,
    children: [
      member('infra', pod.infra, '(ended)'),
      ...pod.containers.map(({ status, processes }) =>
        member(status.metadata.name, processes, endedText(status)),
      ),
    ],
  };
}

function endedText(status: ContainerStatus): string {
  return status.state === 'CONTAINER_EXITED' ? `(ended, exit code ${status.exitCode})` : '(not started)';
}
