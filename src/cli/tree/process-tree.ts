import type { TreeNode } from './render-tree.ts';

/** A process, or a thread of one, as /proc shows it. */
export interface ProcessView {
  pid: number;
  parentPid: number;
  processGroup: number;
  name: string;
  threads: readonly { tid: number; name: string }[];
}

/**
 * The processes as trees of `name(PID,PGID)`; those whose parent is not among them are the roots.
 * Threads hang on their process as `{name}(TID,PGID)`.
 */
export function processTree(processes: readonly ProcessView[], options: { threads: boolean }): TreeNode[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const node = (process: ProcessView): TreeNode => ({
    label: `${process.name}(${process.pid},${process.processGroup})`,
    children: [
      ...processes.filter((child) => child.parentPid === process.pid && child !== process).map(node),
      ...(options.threads ? threadNodes(process) : []),
    ],
  });
  return processes.filter((process) => !byPid.has(process.parentPid)).map(node);
}

function threadNodes(process: ProcessView): TreeNode[] {
  return process.threads
    .filter(({ tid }) => tid !== process.pid)
    .map(({ tid, name }) => ({ label: `{${name}}(${tid},${process.processGroup})`, children: [] }));
}
