/**
 * Whose address is whose, on a tmpfs: a link for each address, named after it, that leads to the id of the sandbox. To make a link
 * takes one call, so no lease is ever without its owner. Files of the same names, as host-local makes them, count as taken.
 */
import { readlinkSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from '../../linux/files.ts';
import { addressesAfter, parseSubnet } from './subnet.ts';

const LAST = 'last_reserved_ip';

/**
 * Takes one address of each subnet, each the next after the one that was taken last, so that one given back rests as long as may be.
 * Not for several at once: the caller holds a lock.
 * @throws PeapodError NetworkError when a subnet has none left
 */
export function takeAddresses(directory: string, sandboxId: string, subnets: readonly string[]): string[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  giveBackAddresses(directory, sandboxId);
  const taken = new Set(readdirSync(directory));
  const addresses: string[] = [];
  for (const [number, subnet] of subnets.entries()) {
    const lastFile = join(directory, `${LAST}.${number}`);
    const address = firstFree(subnet, readIfThere(lastFile), taken);
    symlinkSync(sandboxId, join(directory, address));
    // Torn, it is another address to begin with.
    writeFileSync(lastFile, address, { mode: 0o600 });
    addresses.push(address);
  }
  return addresses;
}

/** None there is fine. @param addresses all that it may have, where that is known */
export function giveBackAddresses(
  directory: string,
  sandboxId: string,
  addresses: readonly string[] = namesIn(directory),
): void {
  for (const address of addresses)
    if (ownerOf(join(directory, address)) === sandboxId) unlinkSync(join(directory, address));
}

function firstFree(subnet: string, last: string | undefined, taken: ReadonlySet<string>): string {
  const parsed = parseSubnet(subnet);
  if (parsed === undefined) throw new PeapodError('NetworkError', `"${subnet}" is no subnet`);
  for (const address of addressesAfter(parsed, last)) if (!taken.has(address)) return address;
  throw new PeapodError('NetworkError', `no address of ${subnet} is free`, { retryable: true });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function ownerOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
