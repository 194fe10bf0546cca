import { needsRoot } from '../model/needs-root.ts';

/** @throws PeapodError Forbidden when this process is not root's */
export function requireRoot(what: string): void {
  if (process.geteuid?.() !== 0) throw needsRoot(what);
}
