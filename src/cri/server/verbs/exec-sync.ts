/** ExecSync. */
import { PeapodError } from '../../../model/errors.ts';
import { timeoutMs } from '../../convert/numbers.ts';
import { MAX_MESSAGE_BYTES } from '../../grpc/service-definition.ts';
import { findContainerId } from '../find-id.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

/** Of both outputs together: the answer has to fit in one message. */
const MAX_OUTPUT_BYTES = MAX_MESSAGE_BYTES - 1024;

export const execSync: RuntimeVerbs<'execSync'> = (context) => ({
  async execSync({ containerId, cmd, timeout }, { signal }) {
    const limitMs = timeoutMs(timeout, 'timeout');
    if (cmd.length === 0) throw new PeapodError('Invalid', 'cmd: Required value');
    const id = await findContainerId(context, containerId);
    const result = await context.runtime.execSync(id, cmd, {
      signal,
      timeoutMs: limitMs,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    });
    const stdout = result.stdout.subarray(0, MAX_OUTPUT_BYTES);
    const stderr = result.stderr.subarray(0, MAX_OUTPUT_BYTES - stdout.length);
    return { stdout, stderr, exitCode: result.exitCode };
  },
});
