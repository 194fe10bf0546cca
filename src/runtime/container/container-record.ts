/**
 * What is remembered of a container: `<containers>/<id>/container.json`, a line of JSON, and one more for each step with what it changed. It tells what
 * was asked for and when each step was begun and finished; whether the process lives is for the kernel to say.
 */
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { appendLine } from '../linux/append-line.ts';
import { DirectoryNames } from '../linux/directory-names.ts';
import { ParsedFiles } from '../linux/parsed-files.ts';
import { writeFileAtomic } from '../linux/write-file-atomic.ts';
import type { OciRuntimeCommand } from './container-context.ts';
import type { ContainerConfig, LinuxContainerResources } from '../pod-runtime.ts';
import { mkdir } from '../linux/files.ts';

export interface ContainerRecord {
  version: 1;
  id: string;
  sandboxId: string;
  podUid: string;
  config: ContainerConfig;
  /** As changed since by `updateContainerResources`. */
  resources: LinuxContainerResources;
  imageRef: string;
  stopSignal: string;
  /** Absolute. */
  logPath: string;
  logDirectory: string;
  user: { uid: number; gid: number; supplementalGroups: number[] };
  /** Relative to each controller's root. */
  cgroupPath: string;
  /** Whether its processes have a PID namespace of their own, which the kernel clears when the first one ends. */
  ownPidNamespace: boolean;
  /** What made it, which alone knows it: another one may be the better choice by now. */
  runtime: OciRuntimeCommand;
  /** The kernel's boot in which the processes below were made: a reboot makes their numbers mean nothing. */
  bootId: string;
  init: ProcessIdentity | undefined;
  conmon: ProcessIdentity | undefined;
  /** Why the OCI runtime could not make the process; the start then fails with it. */
  startError: string | undefined;
  /** When each step was done, milliseconds since the epoch; 0: not yet. `createdAt` 0 is a container that is still being made. */
  createdAt: number;
  startRequestedAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  /** Whether what the ended container held (runtime state, cgroup, root mount) was given back. */
  settled: boolean;
}

export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since boot, as `/proc/PID/stat` has it. */
  startTime: number;
}

export function recordPath(containers: string, id: string): string {
  return `${containers}/${id}/container.json`;
}

/** Writes the record anew. */
export async function saveRecord(containers: string, record: ContainerRecord): Promise<void> {
  const write = () =>
    writeFileAtomic(recordPath(containers, record.id), JSON.stringify(record), {
      mode: 0o600,
      // After a loss of power no container runs: a record that is lost then is one less to clear.
      durable: false,
    });
  try {
    await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // The first one.
    await mkdir(join(containers, record.id), { recursive: true, mode: 0o700 });
    await write();
  }
}

/**
 * Writes down what has changed of a record that is on disk, whole or, where this process is killed meanwhile, not at all.
 * @throws ErrnoException ENOENT when it is not on disk any more
 */
export function amendRecord(containers: string, before: ContainerRecord, after: ContainerRecord): void {
  const changes = Object.entries(after).filter(
    ([key, value]) => value !== before[key as keyof ContainerRecord],
  );
  appendLine(recordPath(containers, before.id), JSON.stringify(Object.fromEntries(changes)));
}

/** @returns nothing when there is no such container, or its record was never written */
export async function findRecord(containers: string, id: string): Promise<ContainerRecord | undefined> {
  if (!isContainerId(id)) return undefined;
  return folderOf(containers).files.read(recordPath(containers, id));
}

/** What was last read of a container, for what never changes of it: whose it is, and its labels. */
export function recallRecord(containers: string, id: string): ContainerRecord | undefined {
  return folderOf(containers).files.recall(recordPath(containers, id));
}

interface RecordFolder {
  readonly files: ParsedFiles<ContainerRecord>;
  readonly names: DirectoryNames;
  listed: readonly string[];
}

const folders = new Map<string, RecordFolder>();

function folderOf(containers: string): RecordFolder {
  const known = folders.get(containers) ?? {
    files: new ParsedFiles<ContainerRecord>(isWhole),
    names: new DirectoryNames(containers, isContainerId),
    listed: [],
  };
  folders.set(containers, known);
  return known;
}

/** Another version's may mean anything. */
function isWhole({ version, config }: Partial<ContainerRecord>): boolean {
  return version === 1 && typeof config === 'object';
}

/** @throws PeapodError NotFound */
export async function loadRecord(containers: string, id: string): Promise<ContainerRecord> {
  const record = await findRecord(containers, id);
  if (record) return record;
  throw new PeapodError('NotFound', `container "${id}" not found`);
}

/** The ids of all containers, half-made ones too. */
export async function listContainerIds(containers: string): Promise<readonly string[]> {
  const folder = folderOf(containers);
  const ids = folder.names.list();
  if (ids !== folder.listed) folder.files.retain(ids.map((id) => recordPath(containers, id)));
  folder.listed = ids;
  return ids;
}

/** The one of that name and attempt in a sandbox, half-made or not: its id is what it was started under. */
export async function findNamed(
  containers: string,
  sandboxId: string,
  { name, attempt }: { name: string; attempt: number },
): Promise<ContainerRecord | undefined> {
  for (const id of await listContainerIds(containers)) {
    // Whose it is never changes.
    const known = recallRecord(containers, id) ?? (await findRecord(containers, id));
    if (known?.sandboxId !== sandboxId) continue;
    const { metadata } = known.config;
    if (metadata.name === name && metadata.attempt === attempt) return await findRecord(containers, id);
  }
  return undefined;
}

/** Ids become parts of paths: nothing else may. */
export function isContainerId(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}
