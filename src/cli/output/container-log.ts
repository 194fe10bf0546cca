import { join } from 'node:path';
import type { Pod } from '../../model/api/types.ts';
import { uidOnNode } from '../../model/mirror-pod.ts';
import { type LogEntry, type LogOptions, readLog } from '../../runtime/stream/log-reader.ts';

/** The output of one instance of a container: `attempt` 0 is the first one. Nothing when it has written nothing. */
export function containerLog(
  logs: string,
  pod: Pod,
  container: string,
  attempt: number,
  options: LogOptions,
): AsyncGenerator<LogEntry, void, undefined> {
  const { namespace = 'default', name = '' } = pod.metadata ?? {};
  const directory = join(logs, `${namespace}_${name}_${uidOnNode(pod)}`);
  return readLog(directory, join(directory, container, `${attempt}.log`), options);
}
