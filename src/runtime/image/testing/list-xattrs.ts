import { foreignFunction } from '../../linux/libc.ts';

const llistxattr = foreignFunction('long llistxattr(const char *path, _Out_ uint8_t *list, size_t size)');
const lgetxattr = foreignFunction(
  'long lgetxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t size)',
);

/** The names of a file's extended attributes, a symlink's own. */
export function listXattrs(path: string): string[] {
  const list = Buffer.alloc(4096);
  const length = Number(llistxattr(path, list, list.length));
  if (length < 0) throw new Error(`cannot list the attributes of ${path}`);
  return list.toString('utf8', 0, length).split('\0').filter(Boolean).sort();
}

export function readXattr(path: string, name: string): Buffer | undefined {
  const value = Buffer.alloc(4096);
  const length = Number(lgetxattr(path, name, value, value.length));
  return length < 0 ? undefined : value.subarray(0, length);
}
