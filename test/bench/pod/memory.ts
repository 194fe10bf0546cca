import { readdirSync, readFileSync } from 'node:fs';
import { helpersPss } from '../cri/memory.ts';

/** What of a pod runs beside its containers' own programs: peapod's pause and conmon. */
export function peapodHelpers(directory: string): number {
  return helpersPss((line, pid) => (line === '/pause' && isChildless(pid)) || isConmonOf(line, directory));
}

/** The same of podman's: catatonit as the infra container, and conmon. */
export function podmanHelpers(directory: string): number {
  return helpersPss((line) => /^\/catatonit -P|^\/pause$/.test(line) || isConmonOf(line, directory));
}

/** PIDs of the processes that keep pods for an installation without a server. */
export function keepersOf(run: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const line = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return line.endsWith(' supervise') && read(`/proc/${name}/environ`).includes(`PEAPOD_RUN=${run}\0`);
    })
    .map(Number);
}

function isConmonOf(line: string, directory: string): boolean {
  return /^\S*conmon /.test(line) && line.includes(directory);
}

function isChildless(pid: number): boolean {
  return read(`/proc/${pid}/task/${pid}/children`).trim() === '';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
