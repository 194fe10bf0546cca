/** What is remembered of a sandbox: `<sandboxes>/<id>/sandbox.json`, replaced at each step. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { OciRuntimeCommand } from '../container/container-context.ts';
import { DirectoryNames } from '../linux/directory-names.ts';
import { ParsedFiles } from '../linux/parsed-files.ts';
import { bootId, readProcessStat } from '../linux/proc.ts';
import { processHandles } from '../linux/process-handles.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import type { PodMetadata, PodSandboxConfig } from '../pod-runtime.ts';
import { mkdir, rm } from '../linux/files.ts';

export interface SandboxRecord {
  version: 1;
  id: string;
  /** With a cgroup parent in any case. */
  config: PodSandboxConfig;
  /** What made it, which alone knows it; absent in records of earlier versions. */
  runtime?: OciRuntimeCommand;
  /** Whether the pod's cgroup is ours to remove. */
  ownsCgroup?: boolean;
  /** 0 while it is still being made. */
  createdAt: number;
  /** When it was stopped on purpose; 0: never. */
  stoppedAt: number;
  /** Who makes it: while that process lives, a half-made sandbox is nobody else's. */
  maker: ProcessIdentity;
  bootId: string;
  infra: ProcessIdentity | undefined;
  ips: string[];
  /** The id under which it was made before it was known for which pod; absent: its own. */
  madeAs?: string;
}

/** The name that the OCI runtime, the network and the run directory know the sandbox by. */
export function madeAs({ id, madeAs: other }: SandboxRecord): string {
  return other ?? id;
}

const SANDBOX_ID = /^[0-9a-f]{64}$/;

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
  return process !== undefined && boot === bootId() && processHandles.isAlive(process.pid, process.startTime);
}

/** The sandbox works: it was made, not stopped, and its infra container lives. */
export function isReady(record: SandboxRecord): boolean {
  return record.createdAt > 0 && record.stoppedAt === 0 && isRunning(record.infra, record.bootId);
}

export class SandboxRecords {
  readonly #directory: string;
  readonly #names: DirectoryNames;
  #listedNames: readonly string[] = [];
  #listedPaths: readonly string[] = [];
  readonly #files = new ParsedFiles<SandboxRecord>(isWhole);

  constructor(directory: string) {
    this.#directory = directory;
    this.#names = new DirectoryNames(directory, (id) => SANDBOX_ID.test(id));
  }

  async read(id: string): Promise<SandboxRecord | undefined> {
    return this.#files.read(this.#path(id));
  }

  /** @throws PeapodError NotFound */
  async get(id: string): Promise<SandboxRecord> {
    const record = await this.read(id);
    if (record === undefined) throw new PeapodError('NotFound', `sandbox "${id}" not found`);
    return record;
  }

  /** @param podUid of this pod alone; absent: of all */
  async list(podUid?: string): Promise<SandboxRecord[]> {
    return this.#listed().flatMap((path) => {
      // Whose a sandbox is never changes.
      const known = this.#files.recall(path);
      if (podUid !== undefined && known !== undefined && known.config.metadata.uid !== podUid) return [];
      return this.#files.read(path) ?? [];
    });
  }

  /** Those whose record a crash, or a loss of power, has left without content, or that is another version's: nobody can do anything with them. */
  async torn(): Promise<string[]> {
    return this.#names.list().filter((id) => this.#files.read(this.#path(id)) === undefined);
  }

  async save(record: SandboxRecord): Promise<void> {
    await mkdir(join(this.#directory, record.id), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#path(record.id), JSON.stringify(record), { durable: false });
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#directory, id), { recursive: true, force: true });
  }

  #listed(): readonly string[] {
    const names = this.#names.list();
    if (names === this.#listedNames) return this.#listedPaths;
    this.#listedNames = names;
    this.#listedPaths = names.map((id) => this.#path(id));
    this.#files.retain(this.#listedPaths);
    return this.#listedPaths;
  }

  #path(id: string): string {
    if (!SANDBOX_ID.test(id)) throw new PeapodError('NotFound', `sandbox "${id}" not found`);
    return `${this.#directory}/${id}/sandbox.json`;
  }
}

/** Another version's may mean anything. */
function isWhole({ version, config }: Partial<SandboxRecord>): boolean {
  return version === 1 && typeof config === 'object';
}
