import { readFileSync } from 'node:fs';

let known: string | undefined;

/** Changes with each boot of the kernel: process numbers are comparable only within one. */
export function bootId(): string {
  known ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return known;
}
