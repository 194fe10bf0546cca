import { foreignFunction } from './libc.ts';

const lgetxattr = foreignFunction(
  'long lgetxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t size)',
);

/** Whether a directory of an overlay's layer hides those below it. */
export function isOpaque(path: string): boolean {
  const value = Buffer.alloc(1);
  return Number(lgetxattr(path, 'trusted.overlay.opaque', value, value.length)) === 1 && value[0] === 0x79;
}
