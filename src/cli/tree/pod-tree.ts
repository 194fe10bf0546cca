import { type Painter, PLAIN, type Style } from '../output/terminal.ts';
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

/**
 * The pod as a process group: the infra container first, then each container with its processes below.
 * @param painter makes the pod's name bold, and shows containers' states by the colours of their names
 */
export function podTree(
  pod: PodProcesses,
  options: { threads: boolean },
  painter: Painter = PLAIN,
): TreeNode {
  const names = ['infra', ...pod.containers.map(({ status }) => status.metadata.name)];
  const width = Math.max(...names.map((name) => name.length));
  const member = (name: string, look: Style, processes: readonly ProcessView[], ended: string): TreeNode => {
    const children = processTree(processes, options);
    const label = painter.style(look, name);
    const missing = width - name.length;
    if (children.length === 0) return { label: `${label}${' '.repeat(missing)} ${ended}`, children };
    return { label: label + '─'.repeat(missing), children };
  };
  return {
    label: painter.style('bold', pod.name),
    children: [
      member('infra', pod.infra.length === 0 ? 'red' : 'green', pod.infra, '(ended)'),
      ...pod.containers.map(({ status, processes }) =>
        member(status.metadata.name, lookOf(status), processes, endedText(status)),
      ),
    ],
  };
}

function lookOf({ state, exitCode }: ContainerStatus): Style {
  if (state === 'CONTAINER_RUNNING') return 'green';
  if (state === 'CONTAINER_CREATED') return 'yellow';
  return state === 'CONTAINER_EXITED' && exitCode === 0 ? 'dim' : 'red';
}

function endedText(status: ContainerStatus): string {
  return status.state === 'CONTAINER_EXITED' ? `(ended, exit code ${status.exitCode})` : '(not started)';
}
