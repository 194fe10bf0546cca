const SHORT: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,ROX`, as tables show it. */
export function shortAccessModes(modes: readonly string[] | undefined): string {
  return SHORT.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** The phase, or that it is going away. */
export function volumePhase(phase: string | undefined, deletionTimestamp: string | undefined): string {
  return deletionTimestamp === undefined ? (phase ?? '') : 'Terminating';
}
