/** The fewest pods that have to leave a node so that it suits another. */
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { byImportance } from '../engine/pod/importance.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';

/** Pairs are tried on nodes with no more pods than this. */
const MAX_FOR_PAIRS = 64;

/**
 * One pod if one is enough, or two; else a set of which none can stay. The least important go first, whatever their
 * priority. Nothing when the node would not suit though it were empty. The snapshot stays as it is.
 */
export function smallestEviction(
  engine: SchedulingEngine,
  pod: PodInfo,
  slot: number,
): readonly PodInfo[] | undefined {
  const there = engine.snapshot.nodes.podsOn(slot).toSorted(byImportance).toReversed();
  const suitsWithout = (victims: readonly PodInfo[]): boolean =>
    engine.snapshot.attempt(() => {
      for (const victim of victims) engine.snapshot.remove(victim);
      return engine.suits(pod, slot);
    });
  if (there.length === 0 || !suitsWithout(there)) return undefined;
  const one = there.find((victim) => suitsWithout([victim]));
  if (one !== undefined) return [one];
  return (
    (there.length <= MAX_FOR_PAIRS ? findPair(there, suitsWithout) : undefined) ??
    reprieve(there, suitsWithout)
  );
}

function findPair(
  there: readonly PodInfo[],
  suitsWithout: (victims: readonly PodInfo[]) => boolean,
): PodInfo[] | undefined {
  for (const [index, second] of there.entries()) {
    for (const first of there.slice(0, index)) {
      if (suitsWithout([first, second])) return [first, second];
    }
  }
  return undefined;
}

/** The most important stay first. */
function reprieve(
  there: readonly PodInfo[],
  suitsWithout: (victims: readonly PodInfo[]) => boolean,
): PodInfo[] {
  let victims = [...there];
  for (const candidate of there.toReversed()) {
    const fewer = victims.filter((victim) => victim !== candidate);
    if (suitsWithout(fewer)) victims = fewer;
  }
  return victims;
}
