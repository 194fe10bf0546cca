import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { LogEntry } from '../../runtime/stream/log-reader.ts';
import { openSources } from '../engine/pod-source.ts';
import { chooseContainer, containerStatuses, containersOf, findPod } from '../find-pods.ts';
import { logAttempt } from '../log-attempt.ts';
import { containerLog } from '../output/container-log.ts';
import { LogPrefixes } from '../output/log-prefix.ts';
import { terminalOf } from '../output/terminal.ts';
import { parseSince } from '../parse-since.ts';
import { Interrupts } from '../run/interrupts.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';
import { waitingToStart } from '../waiting-to-start.ts';

export interface LogsOptions {
  namespace: string;
  container?: string;
  follow?: boolean;
  previous?: boolean;
  tail?: number;
  since?: string;
  timestamps?: boolean;
}

/** `peapod logs`: of one container when it is named or the pod has only one, else of all, each line with a prefix. */
export async function logs(
  settings: Settings,
  reference: string,
  positional: string | undefined,
  options: LogsOptions,
): Promise<void> {
  await using sources = await openSources(settings);
  using interrupts = new Interrupts();
  const sinceMs = options.since === undefined ? undefined : parseSince(options.since, systemClock.now());
  const { pod, source } = await findPod(sources, options.namespace, reference);
  const { client, paths } = source;
  const named = options.container ?? positional;
  const containers =
    named === undefined ? containersOf(pod).map(({ name }) => name) : [chooseContainer(pod, named)];
  const terminal = terminalOf(process.stdout);
  const prefixes = new LogPrefixes(terminal, containers);
  const current = () => client.getPod(pod.metadata?.namespace ?? 'default', pod.metadata?.name ?? '');

  /** @returns whether there was something */
  const print = async (container: string): Promise<boolean> => {
    let printed = false;
    const prefix = containers.length > 1 ? prefixes.of(container) : '';
    let attempt = attemptOf(pod, container, options.previous === true);
    for (
      let next: number | undefined = attempt;
      next !== undefined;
      next = await nextAttempt(current, container, attempt)
    ) {
      attempt = next;
      const hasEnded = async () => instanceEnded(await current().catch(() => undefined), container, attempt);
      const entries = containerLog(paths.logs, pod, container, attempt, {
        signal: interrupts.first,
        ...(options.tail === undefined ? {} : { tailLines: options.tail }),
        ...(sinceMs === undefined ? {} : { sinceMs }),
        ...(options.follow === true ? { follow: true, hasEnded } : {}),
      });
      for await (const entry of entries) {
        process.stdout.write(formatEntry(entry, prefix, options.timestamps === true));
        printed = true;
      }
      if (options.follow !== true || interrupts.first.aborted) break;
    }
    return printed;
  };
  const printed = await Promise.all(containers.map(print));
  if (options.follow !== true && options.previous !== true && !printed.includes(true))
    refuseWaiting(pod, containers);
}

/** @throws PeapodError FailedPrecondition when one of the containers waits to start: that is why there is nothing */
function refuseWaiting(pod: Pod, containers: readonly string[]): void {
  const { name, namespace = 'default' } = pod.metadata ?? {};
  const hint = `peapod why ${name}${namespace === 'default' ? '' : ` -n ${namespace}`}`;
  for (const container of containers) {
    const why = waitingToStart(pod, container);
    if (why !== undefined) throw new PeapodError('FailedPrecondition', why, { hint });
  }
}

function formatEntry(entry: LogEntry, prefix: string, timestamps: boolean): Buffer {
  const head = entry.continued
    ? ''
    : prefix + (timestamps ? `${entry.timestamp.replace(/\+00:00$/, 'Z')} ` : '');
  return Buffer.concat([Buffer.from(head), entry.text]);
}

function statusOf(pod: Pod, container: string) {
  return containerStatuses(pod).find(({ name }) => name === container);
}

function attemptOf(pod: Pod, container: string, previous: boolean): number {
  const attempt = logAttempt(pod, container, previous);
  if (attempt !== undefined) return attempt;
  throw new PeapodError(
    'NotFound',
    `previous terminated container "${container}" in pod "${pod.metadata?.name}" not found`,
  );
}

/** A pod that is gone, or a newer instance, ends this one. */
function instanceEnded(pod: Pod | undefined, container: string, attempt: number): boolean {
  const status = pod === undefined ? undefined : statusOf(pod, container);
  if (status === undefined)
    return pod === undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return status.restartCount > attempt || status.state?.terminated !== undefined;
}

/** The instance to follow after this one: none when it was the container's last. */
async function nextAttempt(
  current: () => Promise<Pod>,
  container: string,
  attempt: number,
): Promise<number | undefined> {
  const pod = await current().catch(() => undefined);
  const restartCount = pod === undefined ? 0 : (statusOf(pod, container)?.restartCount ?? 0);
  return restartCount > attempt ? attempt + 1 : undefined;
}
