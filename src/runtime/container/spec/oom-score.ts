/**
 * The `oom_score_adj` to ask for: without CAP_SYS_RESOURCE nobody may go below the value that he himself inherited, and
 * the OCI runtime would fail.
 */
export function permittedOomScore(
  wanted: number | undefined,
  own: { oomScoreAdj: number; maySetAny: boolean },
): number | undefined {
  if (wanted === undefined) return undefined;
  const clamped = Math.min(1000, Math.max(-1000, wanted));
  return own.maySetAny ? clamped : Math.max(clamped, own.oomScoreAdj);
}
