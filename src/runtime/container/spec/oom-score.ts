/** @param lowest the least that the kernel lets us set */
export function clampOomScoreAdj(wanted: number, lowest: number): number {
  return Math.min(1000, Math.max(-1000, lowest, wanted));
}

/**
 * The `oom_score_adj` to ask for: without CAP_SYS_RESOURCE nobody may go below the value that he himself inherited, and
 * the OCI runtime would fail.
 */
export function permittedOomScore(
  wanted: number | undefined,
  own: { oomScoreAdj: number; maySetAny: boolean },
): number | undefined {
  return wanted === undefined ? undefined : clampOomScoreAdj(wanted, own.maySetAny ? -1000 : own.oomScoreAdj);
}
