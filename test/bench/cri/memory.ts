import { readdirSync, readFileSync } from 'node:fs';

/** The proportional set size in bytes of a process; 0 when it has gone. */
export function pssOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** What a runtime keeps running beside the containers: shims, monitors, and the sandboxes' own processes. */
export function helpersPss(isHelper: (commandLine: string, pid: number) => boolean): number {
  let sum = 0;
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    if (isHelper(commandLineOf(pid), pid)) sum += pssOf(pid);
  }
  return sum;
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
