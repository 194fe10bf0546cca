import { isPeapodError } from '../../model/errors.ts';
import { podDns } from '../container-config/pod-dns.ts';
import { podHostname } from '../container-config/pod-hostname.ts';
import { sandboxConfig } from '../container-config/sandbox-config.ts';
import { allocateUserNamespace } from '../container-config/user-namespace.ts';
import { eventTexts } from '../events/event-texts.ts';
import type { RunSandbox } from '../planner/action.ts';
import { podIdentity } from '../pod-identity.ts';
import type { PodContext } from './pod-context.ts';
import { messageOf, stepFailure } from './step-failure.ts';

/** Makes the pod's sandbox: the first one, or a new one after its infra container died. */
export async function runSandbox(action: RunSandbox, context: PodContext): Promise<void> {
  const { deps, pod, memory, signal, events } = context;
  const { runtime, files } = deps;
  if (action.replaces.length > 0) events.record(pod, eventTexts.sandboxChanged());
  try {
    for (const id of action.replaces) await runtime.stopPodSandbox(id, { signal });
    const onNodeNetwork = pod.spec?.hostNetwork === true;
    const config = sandboxConfig(pod, {
      attempt: action.attempt,
      hostname: onNodeNetwork ? '' : podHostname(pod, deps.node.clusterDomain).hostname,
      logDirectory: files.logDirectory(podIdentity(pod)),
      cgroupParent: memory.cgroupPath,
      dns: podDns(pod, await files.readNodeFile('/etc/resolv.conf')),
      userns:
        pod.spec?.hostUsers === false
          ? allocateUserNamespace(podIdentity(pod).uid, await runtime.listPodSandboxes({}, { signal }))
          : undefined,
      seccompProfilePath: (name) => files.seccompProfilePath(name),
    });
    await runtime.runPodSandbox(config, { signal });
    memory.sandbox = { state: 'pending' };
  } catch (error) {
    signal.throwIfAborted();
    memory.sandbox = { state: 'failed', ...stepFailure(context, 'FailedCreatePodSandBox', error) };
    const hint = isPeapodError(error) && error.hint !== undefined ? ` (${error.hint})` : '';
    events.record(pod, eventTexts.failedSandbox(messageOf(error) + hint));
  }
}
