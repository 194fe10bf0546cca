/** The calls of `node:fs` that change something, each a step at which tests break things. Everywhere outside this folder they are called from here. */
import * as sync from 'node:fs';
import * as promises from 'node:fs/promises';
import { join } from 'node:path';
import { externalStep } from './external-step.ts';

export const mkdir = awaited('mkdir', promises.mkdir);
export const mkdtemp = awaited('mkdtemp', promises.mkdtemp);
export const rename = awaited('rename', promises.rename);
export const rmdir = awaited('rmdir', promises.rmdir);
export const chmod = awaited('chmod', promises.chmod);
export const chown = awaited('chown', promises.chown);

export const mkdirSync = called('mkdir', sync.mkdirSync);
export const renameSync = called('rename', sync.renameSync);
export const rmSync = called('rm', sync.rmSync);
export const symlink = awaited('symlink', promises.symlink);
export const symlinkSync = called('symlink', sync.symlinkSync);
export const chmodSync = called('chmod', sync.chmodSync);
export const chownSync = called('chown', sync.chownSync);
export const writeFileSync = called('write', sync.writeFileSync);
export const writeSync = called('write', sync.writeSync);
export const fchmodSync = called('chmod', sync.fchmodSync);
export const fchownSync = called('chown', sync.fchownSync);
export const rmdirSync = called('rmdir', sync.rmdirSync);
export const unlinkSync = called('unlink', sync.unlinkSync);
export const createWriteStream = called('create', sync.createWriteStream);

export const rm: typeof promises.rm = async (path, options) =>
  await externalStep('rm', String(path), async () => await promises.rm(path, options), {
    half: () => removeHalf(String(path)),
  });

export const writeFile: typeof promises.writeFile = async (file, data, options) =>
  await externalStep('write', describe(file), async () => await promises.writeFile(file, data, options), {
    half: () =>
      promises.writeFile(
        file,
        typeof data === 'string' ? data.slice(0, data.length / 2) : (data as Buffer).subarray(0, 1),
        options,
      ),
  });

/** The same for a file of the kernel's, which takes a value whole or not at all. */
export const writeKernelFile: typeof promises.writeFile = async (file, data, options) =>
  await externalStep('write', describe(file), async () => await promises.writeFile(file, data, options));

export const openSync: typeof sync.openSync = (path, flags, mode) =>
  externalStep('create', String(path), () => sync.openSync(path, flags, mode));

/** Opening makes a file only with the flags for it. */
export const open: typeof promises.open = async (path, flags, mode) => {
  const makes =
    typeof flags === 'number' ? (flags & sync.constants.O_CREAT) !== 0 : /^[wa]/.test(flags ?? 'r');
  if (!makes) return await promises.open(path, flags, mode);
  return await externalStep('create', String(path), async () => await promises.open(path, flags, mode));
};

function awaited<Call extends (path: never, ...rest: never[]) => Promise<unknown>>(
  verb: string,
  call: Call,
): Call {
  const stepped = async (path: never, ...rest: never[]) =>
    await externalStep(verb, describe(path), async () => await call(path, ...rest));
  return stepped as Call;
}

function called<Call extends (path: never, ...rest: never[]) => unknown>(verb: string, call: Call): Call {
  const stepped = (path: never, ...rest: never[]) =>
    externalStep(verb, describe(path), () => call(path, ...rest));
  return stepped as Call;
}

function describe(path: unknown): string {
  return typeof path === 'number' ? `/proc/self/fd/${path}` : String(path);
}

/** As a kill in the midst of it would leave the tree. */
async function removeHalf(path: string): Promise<void> {
  const names = await promises.readdir(path).catch((): string[] => []);
  for (const name of names.sort().slice(0, Math.ceil(names.length / 2)))
    await promises.rm(join(path, name), { recursive: true, force: true });
}
