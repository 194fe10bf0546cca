/** Exec, Attach, PortForward: URLs where a client finds the streams. */
import { PeapodError } from '../../../model/errors.ts';
import { invalid } from '../../convert/invalid.ts';
import type { CommandStreamOptions } from '../../../streaming/command-options.ts';
import type { CriContext } from '../cri-context.ts';
import { findContainerId, findSandboxId } from '../find-id.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

const HIGHEST_PORT = 65_535;

export const streams: RuntimeVerbs<'exec' | 'attach' | 'portForward'> = (context) => ({
  async exec({ containerId, cmd, stdin, stdout, stderr, tty }) {
    const wanted = streamsOf({ stdin, stdout, stderr, tty });
    if (cmd.length === 0) throw new PeapodError('Invalid', 'cmd: Required value');
    const id = await runningContainer(context, containerId);
    return { url: context.streams.grant({ verb: 'exec', containerId: id, command: cmd, streams: wanted }) };
  },

  async attach({ containerId, stdin, stdout, stderr, tty }) {
    const wanted = streamsOf({ stdin, stdout, stderr, tty });
    const id = await runningContainer(context, containerId);
    return { url: context.streams.grant({ verb: 'attach', containerId: id, streams: wanted }) };
  },

  async portForward({ podSandboxId, port: ports }, { signal }) {
    for (const [index, port] of ports.entries()) {
      if (port < 1 || port > HIGHEST_PORT) invalid(`port[${index}]`, port, 'must be between 1 and 65535');
    }
    const sandboxId = await findSandboxId(context, podSandboxId);
    const { state } = await context.runtime.podSandboxStatus(sandboxId, { signal });
    if (state !== 'SANDBOX_READY')
      throw new PeapodError('FailedPrecondition', `sandbox "${sandboxId}" is not ready`);
    return { url: context.streams.grant({ verb: 'portForward', sandboxId, ports }) };
  },
});

function streamsOf({ stdin, stdout, stderr, tty }: CommandStreamOptions): CommandStreamOptions {
  if (!stdin && !stdout && !stderr)
    throw new PeapodError('Invalid', 'stdin: Required value: one of stdin, stdout and stderr must be true');
  if (tty && stderr) invalid('stderr', true, 'must be false when tty is true');
  return { stdin, stdout, stderr, tty };
}

async function runningContainer(context: CriContext, containerId: string): Promise<string> {
  const id = await findContainerId(context, containerId);
  const { state } = await context.runtime.containerStatus(id);
  if (state === 'CONTAINER_RUNNING') return id;
  throw new PeapodError('FailedPrecondition', `container "${id}" is not running: it is in state ${state}`);
}
