import { readdirSync, readFileSync } from 'node:fs';
import { killProcess } from './kill.ts';
import { readProcessStat } from './proc.ts';

/** Enough for a tree that makes new processes while it is cut down. */
const ROUNDS = 20;

/** Kills a process and all that descend from it. Each is stopped before its children are looked for, so that it makes no more. */
export function killTree(pid: number): void {
  const tree = new Map<number, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const before = tree.size;
    collect(pid, tree);
    if (tree.size === before) break;
  }
  for (const [member, startTime] of tree) killProcess(member, startTime, 'SIGKILL');
}

function collect(pid: number, tree: Map<number, number>): void {
  const stat = readProcessStat(pid);
  if (!stat) return;
  if (!tree.has(pid)) {
    tree.set(pid, stat.startTime);
    killProcess(pid, stat.startTime, 'SIGSTOP');
  }
  for (const child of childrenOf(pid)) collect(child, tree);
}

/** Each thread has the children that it made; runc, as all Go programs, makes them in any. */
function childrenOf(pid: number): number[] {
  return read(() => readdirSync(`/proc/${pid}/task`), []).flatMap((task) => {
    const text = read(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'), '');
    return text.split(' ').filter(Boolean).map(Number);
  });
}

/** Processes and threads may end at any moment. */
function read<T>(from: () => T, whenGone: T): T {
  try {
    return from();
  } catch {
    return whenGone;
  }
}
