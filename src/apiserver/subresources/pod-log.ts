import type { Pod } from '../../model/api/types.ts';
import { badRequest } from '../errors/status-error.ts';
import { toStatusError } from '../errors/to-status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { readCount } from '../http/query-options.ts';
import { isTrue } from '../http/request-info.ts';
import { beginStream, writePiece } from '../http/respond.ts';
import { scopeOf } from '../http/scope-of.ts';
import { readStored } from '../registry/update-object.ts';
import { containerOf } from './container-of.ts';
import type { LogRequest, NodeAccess } from './node-access.ts';

/** `/log`: what a container wrote. */
export function podLog(nodes: NodeAccess): SubresourceHandlers {
  return {
    kind: 'Pod',
    get: async (call) => {
      const pod = (await readStored(call.registry, scopeOf(call), call.target.name)) as Pod;
      await sendLog(call, nodes, pod, containerOf(pod, call.info.query.get('container') ?? ''));
    },
  };
}

/** Answers what a container wrote, as the query wants it. @throws StatusError BadRequest before anything is sent */
export async function sendLog(
  call: ResourceCall,
  nodes: NodeAccess,
  pod: Pod,
  container: string,
): Promise<void> {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata?.name ?? ''} does not have a host assigned`);
  await stream(call, nodes.logs(pod, container, readOptions(call))[Symbol.asyncIterator]());
}

/** What is wrong before the first piece is told as a Status. */
async function stream({ response, departure }: ResourceCall, pieces: AsyncIterator<Buffer>): Promise<void> {
  const ends = new AbortController();
  const head = setTimeout(() => beginOnce(), 100);
  let begun = false;
  const beginOnce = () => {
    if (begun || ends.signal.aborted) return;
    begun = true;
    beginStream(response, 'text/plain');
  };
  try {
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
      beginOnce();
      if (!(await writePiece(response, next.value, departure.signal))) return;
    }
    beginOnce();
    response.end();
  } catch (error) {
    if (departure.signal.aborted) return;
    if (!begun) throw error;
    response.end(`${toStatusError(error).message}\n`);
  } finally {
    ends.abort();
    clearTimeout(head);
    await pieces.return?.();
  }
}

function readOptions({ info, departure, clock }: ResourceCall): LogRequest {
  const { query } = info;
  const tailLines = query.get('tailLines') === null ? undefined : readCount(query, 'tailLines');
  const limitBytes = readCount(query, 'limitBytes');
  const sinceMs = readSince(query, clock.now());
  const stream = query.get('stream') ?? '';
  if (!['', 'All', 'Stdout', 'Stderr'].includes(stream))
    throw badRequest(
      `stream: Unsupported value: ${JSON.stringify(stream)}: supported values: "All", "Stderr", "Stdout"`,
    );
  return {
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    signal: departure.signal,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === 0 ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(stream === 'Stdout'
      ? { stream: 'stdout' as const }
      : stream === 'Stderr'
        ? { stream: 'stderr' as const }
        : {}),
  };
}

function readSince(query: URLSearchParams, nowMs: number): number | undefined {
  const seconds = readCount(query, 'sinceSeconds');
  if (seconds > 0) return nowMs - seconds * 1000;
  const time = query.get('sinceTime');
  if (time === null) return undefined;
  const parsed = Date.parse(time);
  if (Number.isNaN(parsed)) throw badRequest(`sinceTime: Invalid value: ${JSON.stringify(time)}`);
  return parsed;
}
