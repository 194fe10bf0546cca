/**
 * A wrapper for a command that shall find some programs of this machine not to be there: in a mount namespace of its own,
 * something that cannot be run lies over each.
 */
export function withoutPrograms(...names: string[]): string[] {
  const hide = names.map((name) => `mount --bind /dev/null "$(command -v ${name})"`).join(' && ');
  return ['unshare', '--mount', 'sh', '-c', `${hide} && exec "$@"`, 'sh'];
}
