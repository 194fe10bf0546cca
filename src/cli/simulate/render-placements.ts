/** The table of where each pod goes, and the same as an object. */
import type { OutcomeReasons } from '../../scheduler/explain/outcome-reason.ts';
import { podName } from '../../scheduler/engine/pod/pod-info.ts';
import type { PodOutcome, SimulationResult } from '../../scheduler/simulate/simulate.ts';
import { renderTable } from '../output/table.ts';

export interface PlacementRow {
  readonly pod: string;
  readonly node?: string;
  readonly status: 'placed' | 'pending' | 'evicted';
  readonly reason: string;
}

/** Where each pod that waited goes, then who was evicted for good. */
export function placementRows(result: SimulationResult, reasons: OutcomeReasons): PlacementRow[] {
  const rows = result.pods.map(
    (outcome): PlacementRow => ({
      pod: podName(outcome.pod),
      ...(outcome.outcome === 'placed' && { node: outcome.node }),
      status: outcome.outcome,
      reason: reasons.reasonOf(outcome),
    }),
  );
  const again = new Set(result.pods.map(({ pod }) => pod.key));
  for (const { pod, node, by } of result.evictions) {
    if (again.has(pod.key)) continue;
    rows.push({ pod: podName(pod), status: 'evicted', reason: `from ${node}, for ${by}` });
  }
  return rows;
}

/** Names come without the namespace when all pods are in the default one. */
export function renderPlacements(rows: readonly PlacementRow[]): string {
  const short = rows.every(({ pod }) => pod.startsWith('default/'));
  const shown = (pod: string): string => (short ? pod.slice('default/'.length) : pod);
  return renderTable(
    [
      { heading: 'POD', value: ({ pod }) => shown(pod) },
      { heading: 'NODE', value: ({ node }) => node ?? '<none>' },
      { heading: 'STATUS', value: ({ status }) => `${status[0]?.toUpperCase()}${status.slice(1)}` },
      { heading: 'REASON', value: ({ reason }) => reason },
    ],
    rows,
  );
}

export function countPending({ pods }: SimulationResult): number {
  return pods.filter(({ outcome }: PodOutcome) => outcome === 'pending').length;
}
