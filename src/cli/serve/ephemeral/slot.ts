/**
 * Room for servers that leave nothing behind: each has a number, and by that directories, a bridge and a subnet of its own.
 *
 *     <root>/ephemeral/<number>/      state
 *     <run>/ephemeral/<number>/       state that does not outlive a reboot
 *     <run>/ephemeral/<number>.lock   held by the server while it lives, which the kernel sees to
 *
 * What a killed one left is torn down by the next server that starts, whatever its number.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { tryLockFile } from '../../../runtime/linux/lock-file.ts';
import type { Settings } from '../../settings.ts';
import { tearDown } from './tear-down.ts';

const SLOTS = 256;

export interface EphemeralSlot extends AsyncDisposable {
  readonly settings: Settings;
}

/** Disposing ends all pods of the slot and deletes everything. @throws PeapodError Unavailable when all numbers are taken */
export async function takeSlot(settings: Settings): Promise<EphemeralSlot> {
  await sweep(settings);
  for (let number = 0; number < SLOTS; number += 1) {
    const own = slotSettings(settings, number);
    const lock = tryLockFile(lockPath(settings, number));
    if (lock === undefined) continue;
    if (isTaken(own)) {
      lock[Symbol.dispose]();
      continue;
    }
    return {
      settings: own,
      [Symbol.asyncDispose]: async () => {
        try {
          await tearDown(own);
        } finally {
          lock[Symbol.dispose]();
        }
      },
    };
  }
  throw new PeapodError('Unavailable', `${SLOTS} ephemeral servers run already`, { retryable: true });
}

/** `10.87.0.0/16` → `10.89.<number>.0/24`: the one after that is the other server's. */
export function slotSettings(settings: Settings, number: number): Settings {
  const second = Number(settings.subnet.split('.')[1] ?? 87);
  return {
    ...settings,
    root: join(settings.root, 'ephemeral', String(number)),
    run: join(settings.run, 'ephemeral', String(number)),
    bridge: `${settings.bridge.slice(0, 11)}e${number}`,
    subnet: `10.${(second + 2) % 256}.${number}.0/24`,
  };
}

/** Tears down what killed servers left. */
async function sweep(settings: Settings): Promise<void> {
  const names = new Set<string>();
  for (const base of [settings.root, settings.run])
    for (const name of await readdir(join(base, 'ephemeral')).catch((): string[] => []))
      if (/^\d+$/.test(name)) names.add(name);
  for (const name of names) {
    using lock = tryLockFile(lockPath(settings, Number(name)));
    if (lock !== undefined) await tearDown(slotSettings(settings, Number(name)));
  }
}

/** By another installation on this machine. */
function isTaken({ bridge, subnet }: Settings): boolean {
  if (existsSync(`/sys/class/net/${bridge}`)) return true;
  const network = subnet.slice(0, subnet.lastIndexOf('.') + 1);
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => address.startsWith(network)),
  );
}

function lockPath(settings: Settings, number: number): string {
  return join(settings.run, 'ephemeral', `${number}.lock`);
}
