import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { NodeAccess } from '../../apiserver/subresources/node-access.ts';
import { uidOnNode } from '../../model/mirror-pod.ts';
import type { LogOptions } from '../../runtime/stream/log-reader.ts';
import { containerId, containerStatuses } from '../find-pods.ts';
import type { NodeHost } from '../host.ts';
import { logAttempt } from '../log-attempt.ts';
import { containerLog } from '../output/container-log.ts';
import { waitingToStart } from '../waiting-to-start.ts';

/** The pods of this machine, for the API server in the same process. @param current the pod as it is now, while it is there */
export function localNodeAccess(
  { runtime, paths }: Pick<NodeHost, 'runtime' | 'paths'>,
  current: (pod: Pod) => Pod | undefined,
): NodeAccess {
  return {
    async *logs(pod, container, { follow, previous, timestamps, ...request }) {
      const attempt = attemptOf(pod, container, previous);
      const options: LogOptions = {
        ...request,
        ...(follow ? { follow, hasEnded: async () => instanceEnded(current(pod), container, attempt) } : {}),
      };
      for await (const entry of containerLog(paths.logs, pod, container, attempt, options)) {
        const head = timestamps && !entry.continued ? `${entry.timestamp.replace(/\+00:00$/, 'Z')} ` : '';
        yield head === '' ? entry.text : Buffer.concat([Buffer.from(head), entry.text]);
      }
    },
    exec: (pod, container, { command, tty, stdin, signal }) =>
      runtime.exec(containerId(pod, container), { command, tty, stdin }, { signal }),
    attach: (pod, container, { tty, stdin, signal }) =>
      runtime.attach(containerId(pod, container), { tty, stdin }, { signal }),
    dial: async (pod, port, { signal }) => {
      const sandboxes = await runtime.listPodSandboxes({
        podUid: uidOnNode(pod),
        state: 'SANDBOX_READY',
      });
      const [sandbox] = sandboxes;
      if (sandbox === undefined)
        throw new PeapodError('FailedPrecondition', `pod "${pod.metadata?.name}" is not running`);
      return runtime.portForward(sandbox.id, port, { signal });
    },
  };
}

/** @throws PeapodError in the kubelet's words when there is nothing to read */
function attemptOf(pod: Pod, container: string, previous: boolean): number {
  const why = previous ? undefined : waitingToStart(pod, container);
  if (why !== undefined) throw new PeapodError('Invalid', why);
  const attempt = logAttempt(pod, container, previous);
  if (attempt !== undefined) return attempt;
  throw new PeapodError(
    'Invalid',
    `previous terminated container "${container}" in pod "${pod.metadata?.name}" not found`,
  );
}

function instanceEnded(pod: Pod | undefined, container: string, attempt: number): boolean {
  const status =
    pod === undefined ? undefined : containerStatuses(pod).find(({ name }) => name === container);
  if (status === undefined || status.restartCount > attempt) return true;
  return status.state?.running === undefined;
}
