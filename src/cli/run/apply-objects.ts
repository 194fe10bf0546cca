import type { DirectoryClient } from '../../client/directory/directory-client.ts';
import { collectUnused } from '../keeper/collect-unused.ts';
import type { Manifests } from './read-input.ts';

/**
 * Stores the ConfigMaps, Secrets and claims that pods refer to.
 * Disposing takes those away again that no pod uses; a claim only when this call made it. `keep` calls that off.
 */
export async function applyObjects(
  client: DirectoryClient,
  manifests: Manifests,
): Promise<AsyncDisposable & { keep(): void }> {
  const madeClaims: { namespace: string; name: string }[] = [];
  let keep = false;
  for (const object of manifests.objects) {
    const { namespace = 'default', name = '' } = object.metadata ?? {};
    const isClaim = object.kind === 'PersistentVolumeClaim';
    if (isClaim && (await client.getPersistentVolumeClaim(namespace, name)) === undefined)
      madeClaims.push({ namespace, name });
    await client.apply(object);
  }
  return {
    keep: () => {
      keep = true;
    },
    [Symbol.asyncDispose]: async () => {
      if (keep) return;
      await collectUnused(client);
      for (const { namespace, name } of madeClaims) await client.removeClaim(namespace, name);
    },
  };
}
