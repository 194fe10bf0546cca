import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../settings.ts';

export interface RunningServer {
  readonly pid: number;
  /** Empty until it listens. */
  readonly url: string;
  /** Where its pods and images are: the settings of a runtime that works on them. */
  readonly settings: Settings;
  /** Of another runtime, which has its pods' containers instead of ours. */
  readonly runtimeEndpoint?: string;
}

/** Of the server that runs, or that was killed here last. @param run the server's own run directory */
export function readRunningServer(run: string): RunningServer | undefined {
  try {
    return JSON.parse(readFileSync(join(run, 'server.json'), 'utf8')) as RunningServer;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Who may not look is not the one to use it.
    if (['ENOENT', 'EACCES'].includes(code) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
