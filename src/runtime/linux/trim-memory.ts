import { optionalFunction } from './libc.ts';

const mallocTrim = optionalFunction('int malloc_trim(size_t pad)');

/**
 * Gives the system back what the C library keeps of freed memory: SQLite, cryptography and Node.js itself take theirs from there, and after much work
 * a tenth of a server's memory lies unused. Takes milliseconds. Does nothing with a C library that has no such call. @see malloc_trim(3)
 */
export function trimMemory(): void {
  mallocTrim?.(0);
}
