import type { ApiClient } from '../../client/api-client.ts';
import { CLAIMS, PODS, VOLUMES } from '../../client/resource-types.ts';
import type { FilesystemRoom } from '../../model/usage/node-usage.ts';

/** The disk that a pod's claim lies on: directories share it with all else that is there. */
export interface ClaimUsage {
  readonly podUid: string;
  /** Of the pod. */
  readonly volume: string;
  readonly namespace: string;
  readonly claim: string;
  readonly room: FilesystemRoom;
}

export interface ClaimUsageOptions {
  readonly client: ApiClient;
  readonly nodeName: string;
  readonly readRoom: (path: string) => Promise<FilesystemRoom>;
}

/** Of the claims that the node's running pods use; those that cannot be looked at are left out, as the kubelet does it. */
export async function claimUsages({ client, nodeName, readRoom }: ClaimUsageOptions): Promise<ClaimUsage[]> {
  const { items } = await client.list(PODS, { fieldSelector: `spec.nodeName=${nodeName}` });
  const used = items
    .filter(({ status }) => status?.phase === 'Running')
    .flatMap(({ metadata, spec }) =>
      (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim }) =>
        persistentVolumeClaim === undefined
          ? []
          : [
              {
                podUid: metadata?.uid ?? '',
                volume: name,
                namespace: metadata?.namespace ?? '',
                claim: persistentVolumeClaim.claimName,
              },
            ],
      ),
    );
  const rooms = await Promise.allSettled(
    used.map(async ({ namespace, claim }) => {
      const { spec } = await client.get(CLAIMS, namespace, claim);
      const volume = await client.get(VOLUMES, '', spec?.volumeName ?? '');
      return readRoom(volume.spec?.local?.path ?? volume.spec?.hostPath?.path ?? '');
    }),
  );
  return used.flatMap((one, index) => {
    const room = rooms[index];
    return room?.status === 'fulfilled' ? [{ ...one, room: room.value }] : [];
  });
}
