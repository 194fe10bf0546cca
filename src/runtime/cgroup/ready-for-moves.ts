/**
 * Putting a process into a cgroup waits for all processors to have seen that somebody does (5 to 15 ms, in which the caller stands still), unless somebody did
 * a moment ago. conmon, the infra container and the OCI runtime do it one after the other, each for itself. So one such write is made on another
 * thread as soon as it is known that there will be more, and again and again until they are done: it changes nothing, as it puts this process where it is.
 * @see `cgroup_threadgroup_rwsem` in kernel/cgroup/cgroup.c, and kernel/rcu/sync.c
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../model/clock.ts';
import { rejoinCgroup } from '../linux/rejoin-cgroup.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

export interface Moves {
  /** Until it is disposed of, processes are to be put into cgroups: the kernel is ready for it soon, and stays so. */
  hold(): Disposable;
  /** Resolves when the kernel is not busy with getting ready: meanwhile whoever makes or removes a cgroup stands still. */
  settled(): Promise<void>;
}

/** The kernel forgets after some 12 ms. */
const AGAIN_MS = 8;
/** The next part of a pod's start follows. */
const LINGER_MS = 50;

/** @param options.own what this process is in, in the words of /proc/PID/cgroup */
export function readyForMoves(
  layout: CgroupLayout,
  clock: Clock,
  { own = () => readFileSync('/proc/self/cgroup', 'utf8') } = {},
): Moves {
  let held = 0;
  let until = 0;
  let isAtWork = false;
  let isUseless = false;
  let inFlight: Promise<void> = Promise.resolve();

  const isWanted = () => held > 0 || clock.now() < until;

  async function keepReady(): Promise<void> {
    isAtWork = true;
    try {
      while (isWanted()) {
        const directory = ownCgroup(layout, own());
        if (directory === undefined) throw new Error('this process is in no cgroup');
        inFlight = rejoinCgroup(directory);
        await inFlight;
        await clock.sleep(AGAIN_MS);
      }
    } catch {
      // Nobody needs it: moves wait, as they would.
      isUseless = true;
    } finally {
      isAtWork = false;
    }
  }

  return {
    hold() {
      held += 1;
      if (!isAtWork && !isUseless) void keepReady();
      let isOver = false;
      return {
        [Symbol.dispose]() {
          if (isOver) return;
          isOver = true;
          held -= 1;
          until = clock.now() + LINGER_MS;
        },
      };
    },
    settled: () => inFlight.catch(() => {}),
  };
}

/** Of version 1, where a move costs least. */
function ownCgroup(layout: CgroupLayout, own: string): string | undefined {
  const lines = own.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  const pathOf = (controller: string) =>
    lines.find(([, controllers]) => controllers?.split(',').includes(controller))?.[2];
  const [controller, mount] =
    layout.version === 2 ? ['', layout.mountPoint] : ['pids', layout.controllers.get('pids')];
  const path = pathOf(controller);
  return mount === undefined || path === undefined ? undefined : join(mount, path);
}
