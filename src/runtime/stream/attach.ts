import { PeapodError } from '../../model/errors.ts';
import type { ContainerContext } from '../container/container-context.ts';
import { waitForExit } from '../container/container-exit.ts';
import { containerPaths } from '../container/container-paths.ts';
import { loadRecord } from '../container/container-record.ts';
import { deriveState } from '../container/container-state.ts';
import { observeContainer } from '../container/observe-container.ts';
import { resizeContainerTerminal } from '../container/reopen-container-log.ts';
import type { AttachRequest, CallOptions, StreamSession } from '../pod-runtime.ts';
import { openAttachSocket } from './attach-socket.ts';

/** What the session's exit is when it was left while the container went on. */
const DETACHED = 0;

/**
 * Joins the standard streams of a created or running container: what it writes from now on, and its input where it has one (`stdin: true`). Several
 * may be attached at a time. Disposing the session, or an abort, detaches; the container goes on, but with `stdinOnce` its input then ends.
 * @throws PeapodError NotFound; FailedPrecondition when the container has ended
 */
export async function attach(
  context: ContainerContext,
  containerId: string,
  request: AttachRequest,
  options: CallOptions = {},
): Promise<StreamSession> {
  options.signal?.throwIfAborted();
  const record = await loadRecord(context.paths.containers, containerId);
  const { state } = deriveState(record, await observeContainer(context, record));
  if (state === 'CONTAINER_EXITED' || record.startError !== undefined) {
    throw new PeapodError('FailedPrecondition', `container "${record.config.metadata.name}" is not running`);
  }
  const socket = connect(
    containerPaths(context.paths, containerId).attachSocket,
    record.config.metadata.name,
  );
  const detached = new AbortController();
  const onAbort = () => void socket[Symbol.asyncDispose]();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  void socket.closed.then(() => options.signal?.removeEventListener('abort', onAbort));
  if (request.tty && request.size) await resizeContainerTerminal(context, containerId, request.size);
  const hasInput = request.stdin && record.config.stdin;
  return {
    stdin: hasInput ? socket.stdin : undefined,
    stdout: socket.stdout,
    stderr: record.config.tty ? undefined : socket.stderr,
    exit: exitOf(context, containerId, socket.closed, detached.signal),
    resize: (size) => void resizeContainerTerminal(context, containerId, size),
    [Symbol.asyncDispose]: async () => {
      detached.abort();
      await socket[Symbol.asyncDispose]();
    },
  };
}

function connect(path: string, name: string): ReturnType<typeof openAttachSocket> {
  try {
    return openAttachSocket(path);
  } catch (error) {
    throw new PeapodError('FailedPrecondition', `cannot attach to container "${name}": it is not running`, {
      cause: error,
    });
  }
}

/** conmon closes its sockets when the container ends, and also when it is detached from. */
async function exitOf(
  context: ContainerContext,
  containerId: string,
  closed: Promise<void>,
  detached: AbortSignal,
): Promise<number> {
  await closed;
  if (detached.aborted) return DETACHED;
  return (await waitForExit(context, containerId, { signal: detached }).catch(() => DETACHED)) ?? DETACHED;
}
