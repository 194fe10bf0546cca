/** @see kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container.go getTerminationMessage */
import type { Pod } from '../../model/api/types.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { terminationMessageOf } from '../container-labels.ts';
import type { NodeFiles } from '../node-files.ts';
import { podIdentity } from '../pod-identity.ts';
import { lastLogLines } from './last-log-lines.ts';

const LONGEST_BYTES = 4096;
/** Of all containers of a pod together. */
const LONGEST_TOTAL_BYTES = 12_288;
const LOG_BYTES = 2048;
const LOG_LINES = 80;
/** Enough log to find `LOG_BYTES` of text in, with the time stamps. */
const LOG_READ_BYTES = 16_384;

/** What an ended container wrote to its termination log or, where it is asked for and nothing was written, the end of its log. */
export async function terminationMessage(
  pod: Pod,
  instance: RuntimeContainer,
  files: NodeFiles,
): Promise<string> {
  const { path, policy } = terminationMessageOf(instance);
  const limit = messageLimit(pod);
  if (path !== '') {
    const { name, attempt } = instance.metadata;
    const file = files.terminationLogPath(podIdentity(pod).uid, name, attempt);
    const text = await files.readTail(file, limit);
    if (text !== '') return text;
  }
  if (policy !== 'FallbackToLogsOnError' || instance.exitCode === 0 || instance.logPath === '') return '';
  const log = await files.readTail(instance.logPath, LOG_READ_BYTES);
  return lastLogLines(log, Math.min(LOG_BYTES, limit), LOG_LINES);
}

function messageLimit({ spec }: Pod): number {
  const count = (spec?.containers ?? []).length + (spec?.initContainers ?? []).length;
  return Math.min(LONGEST_BYTES, Math.floor(LONGEST_TOTAL_BYTES / Math.max(count, 1)));
}
