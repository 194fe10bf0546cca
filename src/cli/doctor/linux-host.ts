import { execFile } from 'node:child_process';
import { access, readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadNetworkConfig } from '../../runtime/network/cni/conflist.ts';
import { findProgram } from '../../runtime/oci/oci-runtime.ts';
import type { Settings } from '../settings.ts';
import type { CommandResult, DoctorHost, FileSystemView } from './doctor-host.ts';

const COMMAND_TIMEOUT_MS = 10_000;

/** This machine. */
export function linuxHost(settings: Settings, env: NodeJS.ProcessEnv = process.env): DoctorHost {
  return {
    uid: process.geteuid?.() ?? -1,
    places: { root: settings.root, run: settings.run, cniBinDirs: settings.cniBinDirs },
    nodeVersion: process.versions.node,
    read: (path) => readFile(path, 'utf8').catch(() => undefined),
    exists,
    networkPlugins: async () =>
      (await loadNetworkConfig(settings.cniConfDir))?.plugins.map(({ type }) => type) ?? [],
    find: (program) => findProgram(program, env),
    run: runToEnd,
    fileSystem,
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function runToEnd(command: string, ...args: string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: COMMAND_TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else resolve({ code: 127, stdout, stderr: stderr || error.message });
    });
  });
}

async function fileSystem(path: string): Promise<FileSystemView> {
  try {
    const { type, bavail, bsize, files, ffree } = await statfs(path);
    return { type, freeBytes: bavail * bsize, inodes: files, freeInodes: ffree };
  } catch (error) {
    if (path === dirname(path)) throw error;
    return fileSystem(dirname(path));
  }
}
