/** What is remembered of a sandbox: `<sandboxes>/<id>/sandbox.json`, replaced at each step. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { bootId, isAlive, readProcessStat } from '../linux/proc.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import type { PodMetadata, PodSandboxConfig } from '../pod-runtime.ts';

export interface SandboxRecord {
  version: 1;
  id: string;
  config: PodSandboxConfig;
  /** 0 while it is still being made. */
  createdAt: number;
  /** When it was stopped on purpose; 0: never. */
  stoppedAt: number;
  /** Who makes it: while that process lives, a half-made sandbox is nobody else's. */
  maker: ProcessIdentity;
  bootId: string;
  infra: ProcessIdentity | undefined;
  ips: string[];
}

export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since boot. */
  startTime: number;
}

/** The same for the same pod and attempt, so that a repeated call finds what the first one made. */
export function sandboxId({ namespace, name, uid, attempt }: PodMetadata): string {
  return createHash('sha256')
    .update(JSON.stringify([namespace, name, uid, attempt]))
    .digest('hex');
}

/** Names the process that has this PID now. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readProcessStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime };
}

export function isRunning(process: ProcessIdentity | undefined, boot: string): boolean {
  return process !== undefined && boot === bootId() && isAlive(process.pid, process.startTime);
}

/** The sandbox works: it was made, not stopped, and its infra container lives. */
export function isReady(record: SandboxRecord): boolean {
  return record.createdAt > 0 && record.stoppedAt === 0 && isRunning(record.infra, record.bootId);
}

export class SandboxRecords {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(id: string): Promise<SandboxRecord | undefined> {
    const text = await readFile(this.#path(id), 'utf8').catch(orUndefined);
    return text === undefined ? undefined : (JSON.parse(text) as SandboxRecord);
  }

  /** @throws PeapodError NotFound */
  async get(id: string): Promise<SandboxRecord> {
    const record = await this.read(id);
    if (record === undefined) throw new PeapodError('NotFound', `sandbox "${id}" not found`);
    return record;
  }

  async list(): Promise<SandboxRecord[]> {
    const ids = (await readdir(this.#directory).catch(orUndefined)) ?? [];
    const records = await Promise.all(
      ids.filter((id) => /^[0-9a-f]{64}$/.test(id)).map((id) => this.read(id)),
    );
    return records.filter((record) => record !== undefined);
  }

  async save(record: SandboxRecord): Promise<void> {
    await mkdir(join(this.#directory, record.id), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#path(record.id), JSON.stringify(record), { durable: false });
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#directory, id), { recursive: true, force: true });
  }

  #path(id: string): string {
    if (!/^[0-9a-f]{64}$/.test(id)) throw new PeapodError('NotFound', `sandbox "${id}" not found`);
    return join(this.#directory, id, 'sandbox.json');
  }
}

function orUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
