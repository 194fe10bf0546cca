import type { OciRlimit } from './oci-spec.ts';

/** What systemd, containerd 2 and Docker give a service: few at first, so that programs that walk all descriptors stay quick. */
const NOFILE = { soft: 1024, hard: 524_288 };

/**
 * The limits of a container's processes, none above `hardNofile`, our own hard limit of open files: raising it
 * takes a capability that the host may withhold.
 */
export function defaultRlimits(hardNofile: number): OciRlimit[] {
  const hard = Math.min(NOFILE.hard, hardNofile);
  return [{ type: 'RLIMIT_NOFILE', soft: Math.min(NOFILE.soft, hard), hard }];
}

/** The hard limit of open files in the text of `/proc/PID/limits`. */
export function hardNofileIn(limits: string): number {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  if (hard === undefined) return NOFILE.soft;
  return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}
