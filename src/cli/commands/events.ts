import { EVENTS } from '../../client/resource-types.ts';
import type { Event } from '../../model/api/types.ts';
import { since } from '../../model/status/pod-printer.ts';
import { interval } from '../describe/describe-events.ts';
import { openSources, serverOf } from '../engine/pod-source.ts';
import { heading } from '../output/heading.ts';
import { RowStream } from '../output/row-stream.ts';
import { colouredStatus } from '../output/status-colour.ts';
import { printable, terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';

/** `peapod events`: as kubectl's; with `watch` those to come too, which needs a server. */
export async function events(
  settings: Settings,
  pod: string | undefined,
  options: { namespace: string; allNamespaces?: boolean; watch?: boolean },
): Promise<void> {
  await using sources = await openSources(settings);
  const all = options.allNamespaces === true;
  const terminal = terminalOf(process.stdout);
  const stream = new RowStream(terminal);
  const isMeant = ({ metadata, involvedObject }: Event): boolean =>
    (all || metadata?.namespace === options.namespace) &&
    (pod === undefined || (involvedObject.kind === 'Pod' && involvedObject.name === pod));
  const cells = (event: Event): string[] => [
    ...(all ? [event.metadata?.namespace ?? ''] : []),
    interval(event, (time) => since(time, systemClock.now())),
    colouredStatus(terminal, event.type ?? ''),
    event.reason ?? '',
    `${event.involvedObject.kind}/${event.involvedObject.name}`,
    printable((event.message ?? '').trim()),
  ];
  const names = [...(all ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
  const api = options.watch === true ? serverOf(sources, 'events --watch').api : undefined;
  const listed = await api?.list(EVENTS);
  const known =
    listed?.items ?? (await Promise.all(sources.all.map(({ client }) => client.listEvents()))).flat();
  const meant = known.filter(isMeant).sort((a, b) => timeOf(a) - timeOf(b));
  if (meant.length > 0 || api !== undefined) stream.print([heading(terminal, names), ...meant.map(cells)]);
  else
    terminalOf(process.stderr).write(`No events found${all ? '' : ` in ${options.namespace} namespace`}.\n`);
  if (api === undefined) return;
  let resourceVersion = listed?.resourceVersion ?? '';
  for (;;) {
    for await (const { type, object } of api.watch(EVENTS, { resourceVersion })) {
      resourceVersion = object.metadata?.resourceVersion ?? resourceVersion;
      if ((type === 'ADDED' || type === 'MODIFIED') && isMeant(object)) stream.print([cells(object)]);
    }
  }
}

function timeOf({ lastTimestamp, eventTime, series }: Event): number {
  const time = series?.lastObservedTime ?? lastTimestamp ?? eventTime;
  return time == null ? Number.NEGATIVE_INFINITY : Date.parse(time);
}
