import type { DownwardAPIVolumeFile } from '../../../model/api/types.ts';
import type { VolumeSources } from '../../pod-volumes.ts';
import { checkedPath, type Payload } from './payload.ts';

export function downwardApiPayload(
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  { downwardValue }: Pick<VolumeSources, 'downwardValue'>,
): Payload {
  const payload: Payload = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    const value =
      fieldRef === undefined
        ? downwardValue({
            containerName: resourceFieldRef?.containerName ?? '',
            resource: resourceFieldRef?.resource ?? '',
            divisor: resourceFieldRef?.divisor ?? '0',
          })
        : downwardValue({ fieldPath: fieldRef.fieldPath });
    payload.set(checkedPath(path), { data: Buffer.from(value), mode: own ?? mode });
  }
  return payload;
}
