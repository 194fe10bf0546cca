import { createHash } from 'node:crypto';

/** A container's id follows from its sandbox, name and attempt: who asks for the same one twice means the same one. */
export function containerId(sandboxId: string, metadata: { name: string; attempt: number }): string {
  const identity = JSON.stringify([sandboxId, metadata.name, metadata.attempt]);
  return createHash('sha256').update(identity).digest('hex');
}
