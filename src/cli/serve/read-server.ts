import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsRoot } from '../../model/needs-root.ts';
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

/**
 * Of the server that runs, or that was killed here last.
 * @param run the server's own run directory
 * @throws PeapodError Forbidden when this process may not look: there may be one
 */
export function readRunningServer(run: string): RunningServer | undefined {
  const path = join(run, 'server.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunningServer;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    if (code === 'EACCES') throw needsRoot(`read ${path}`, error);
    throw error;
  }
}
