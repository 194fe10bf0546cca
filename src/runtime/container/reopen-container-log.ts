import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { loadRecord } from './container-record.ts';
import { deriveState } from './container-state.ts';
import { observeContainer } from './observe-container.ts';

/** The orders that conmon takes on its control pipe: a kind and two numbers. */
const RESIZE_TERMINAL = 1;
const REOPEN_LOG = 2;

/**
 * Makes conmon open the container's log anew.
 * @throws PeapodError NotFound; FailedPrecondition when the container does not run
 */
export async function reopenContainerLog(context: ContainerContext, id: string): Promise<void> {
  const record = await loadRecord(context.paths.containers, id);
  const derived = deriveState(record, await observeContainer(context, record));
  if (derived.state !== 'CONTAINER_RUNNING') {
    throw new PeapodError('FailedPrecondition', `container "${record.config.metadata.name}" is not running`);
  }
  await order(context, id, `${REOPEN_LOG} 0 0\n`);
}

/** Sets the size of a container's terminal; without a conmon, or a terminal, nothing happens. */
export async function resizeContainerTerminal(
  context: ContainerContext,
  id: string,
  size: { columns: number; rows: number },
): Promise<void> {
  await order(context, id, `${RESIZE_TERMINAL} ${Math.trunc(size.rows)} ${Math.trunc(size.columns)}\n`).catch(
    () => {
      // The container has ended meanwhile.
    },
  );
}

/** conmon takes two orders that it reads at once for the first one twice: they are kept apart. */
const APART_MS = 60;
const lastOrders = new Map<string, Promise<void>>();

function order(context: ContainerContext, id: string, text: string): Promise<void> {
  const given = (lastOrders.get(id) ?? Promise.resolve()).then(() => giveOrder(context, id, text));
  const rested = rest(given).finally(() => {
    if (lastOrders.get(id) === rested) lastOrders.delete(id);
  });
  lastOrders.set(id, rested);
  return given;
}

async function rest(given: Promise<void>): Promise<void> {
  await given.catch(() => {});
  await delay(APART_MS, undefined, { ref: false });
}

/** O_NONBLOCK: when nobody reads the pipe the open fails instead of waiting for ever. */
async function giveOrder(context: ContainerContext, id: string, text: string): Promise<void> {
  const control = containerPaths(context.paths, id).control;
  const pipe = await open(control, constants.O_WRONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw new PeapodError('FailedPrecondition', `conmon of container "${id.slice(0, 12)}" is gone`, {
      cause: error,
    });
  });
  try {
    await pipe.write(text);
  } finally {
    await pipe.close();
  }
}
