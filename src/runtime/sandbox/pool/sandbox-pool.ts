/**
 * Sandboxes made ahead: an infra container with its namespaces, in the network already, for pods to come. Each is on disk from before it is
 * made until a pod's record names it, at `<run>/pool/<id>/sandbox.json`, and belongs to the process that made it alone:
 *
 *     being made ──► spare ──► a pod's
 *          └───────────┴─────► taken away: its process ended, or found it dead
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CallOptions, PodSandboxConfig } from '../../pod-runtime.ts';
import { runPodSandbox } from '../run-pod-sandbox.ts';
import type { SandboxContext } from '../sandbox-context.ts';
import {
  isReady,
  isRunning,
  madeAs,
  sandboxId,
  type SandboxRecord,
  SandboxRecords,
} from '../sandbox-record.ts';
import { unmakeSandbox } from '../unmake-sandbox.ts';
import { tryLockFile } from '../../linux/lock-file.ts';
import { sandboxPaths } from '../sandbox-paths.ts';
import { isPoolable } from './is-poolable.ts';

export interface SandboxPool {
  /** A spare one that can become this pod's. It stays on disk as a spare until `forget`. */
  take(config: PodSandboxConfig): Promise<SandboxRecord | undefined>;
  /** Something is made for a pod just now. */
  touch(): void;
  /** Another record names it now. */
  forget(id: string): Promise<void>;
  /** Takes one away that was taken, and is nobody's. What cannot be taken away now is later, by `keep`: it is no reason for a pod to fail. */
  discard(spare: SandboxRecord): Promise<void>;
  has(id: string): Promise<boolean>;
  /**
   * Has so many spare ones there, until the signal aborts; then it resolves when none is left. Failures are told to `warn`, and tried again;
   * what cannot be taken away in the end goes with the next start.
   */
  keep(size: number, warn: (error: unknown) => void, options: { signal: AbortSignal }): Promise<void>;
  /** Takes away what processes left that are gone. */
  collect(): Promise<void>;
}

/** No pod must wait for a sandbox that is made for the next one: while pods come, or their containers start, none is made. */
const QUIET_MS = 300;
const RETRY_MS = 30_000;
/** Whoever ends waits for it. */
const DRAIN_ATTEMPTS = 4;
const DRAIN_RETRY_MS = 100;

/** A pool of which nothing is taken. */
const NO_POOL: SandboxPool = {
  take: async () => undefined,
  touch: () => {},
  forget: async () => {},
  discard: async () => {},
  has: async () => false,
  keep: async () => {},
  collect: async () => {},
};

export function openSandboxPool(outer: Omit<SandboxContext, 'pool'>): SandboxPool {
  const records = new SandboxRecords(join(outer.paths.run, 'pool'));
  const context: SandboxContext = { ...outer, records, cgroupParent: outer.poolCgroup, pool: NO_POOL };
  const spares: SandboxRecord[] = [];
  /** All that may be on disk. */
  const made = new Set<string>();
  /** Of those, which are on the way to a pod. */
  const lent = new Set<string>();
  let wake = Promise.withResolvers<void>();
  let busyAt = 0;

  async function remove(record: SandboxRecord): Promise<void> {
    await unmakeSandbox(context, record);
    await records.remove(record.id);
    release(record.id);
  }

  function release(id: string): void {
    made.delete(id);
    lent.delete(id);
  }

  async function make(options: CallOptions): Promise<void> {
    const config = spareConfig();
    made.add(sandboxId(config.metadata));
    const id = await runPodSandbox(context, config, options);
    spares.push(await records.get(id));
  }

  async function drain(warn: (error: unknown) => void): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await removeOwn();
        return;
      } catch (error) {
        if (attempt === DRAIN_ATTEMPTS) return warn(error);
        await outer.clock.sleep(DRAIN_RETRY_MS * attempt);
      }
    }
  }

  async function removeOwn(): Promise<void> {
    spares.length = 0;
    await removeStrays();
    await outer.removeEmptyCgroups();
  }

  function hasStrays(): boolean {
    return made.size > spares.length + lent.size;
  }

  /** What is neither spare nor on the way to a pod: its making or removal has failed half-way. */
  async function removeStrays(): Promise<void> {
    const kept = new Set([...lent, ...spares.map(({ id }) => id)]);
    const strays = new Set([...made].filter((id) => !kept.has(id)));
    const onDisk = (await records.list()).filter(({ id }) => strays.has(id));
    for (const { id } of onDisk) strays.delete(id);
    strays.forEach(release);
    const removals = await Promise.allSettled(onDisk.map(remove));
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
  }

  async function discard(spare: SandboxRecord): Promise<void> {
    try {
      await remove(spare);
    } catch {
      lent.delete(spare.id);
      wake.resolve();
    }
  }

  return {
    async take(config) {
      busyAt = outer.clock.now();
      if (spares.length === 0 || !isPoolable(config) || !(await outer.network.isOwn())) return undefined;
      const spare = spares.shift();
      wake.resolve();
      if (spare === undefined) return undefined;
      lent.add(spare.id);
      if (isReady(spare)) return spare;
      await discard(spare);
      return undefined;
    },
    touch() {
      busyAt = outer.clock.now();
    },
    async forget(id) {
      await records.remove(id);
      release(id);
    },
    discard,
    has: async (id) => (await records.read(id)) !== undefined,

    async keep(size, warn, { signal }) {
      if (size === 0) return;
      signal.addEventListener('abort', () => wake.resolve(), { once: true });
      while (!signal.aborted) {
        const quietMs = busyAt + QUIET_MS - outer.clock.now();
        try {
          if (hasStrays()) await removeStrays();
          else if (spares.length >= size) {
            await wake.promise;
            wake = Promise.withResolvers();
            if (signal.aborted) wake.resolve();
          } else if (quietMs > 0) await outer.clock.sleep(quietMs, { signal });
          else if (await outer.network.isOwn()) await make({ signal });
          else await outer.clock.sleep(RETRY_MS, { signal });
        } catch (error) {
          if (signal.aborted) break;
          warn(error);
          await outer.clock.sleep(RETRY_MS, { signal }).catch(() => {});
        }
      }
      await drain(warn);
    },

    async collect() {
      // Most never had a pool here.
      if (!existsSync(join(outer.paths.run, 'pool'))) return;
      for (const id of await records.torn()) {
        using lock = tryLockFile(sandboxPaths(outer.paths, id).lock, { removeFile: true });
        if (lock !== undefined && (await records.read(id)) === undefined) await records.remove(id);
      }
      const left = (await records.list()).filter(({ maker, bootId }) => !isRunning(maker, bootId));
      const taken = new Set((await outer.records.list()).map(madeAs));
      for (const record of left) {
        if (taken.has(record.id)) await records.remove(record.id);
        else await remove(record);
      }
    },
  };
}

function spareConfig(): PodSandboxConfig {
  return {
    metadata: { name: 'spare', namespace: '', uid: randomUUID(), attempt: 0 },
    hostname: 'spare',
    logDirectory: '',
    dns: { servers: [], searches: [], options: [] },
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: '',
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      sysctls: {},
      securityContext: {},
    },
  };
}
