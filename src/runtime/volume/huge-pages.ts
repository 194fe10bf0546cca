import { existsSync, readFileSync } from 'node:fs';
import type { Pod } from '../../model/api/types.ts';
import { podRequests } from '../../model/pod-requests.ts';
import { parseQuantity, wholeValue } from '../../model/quantity.ts';
import { badVolume } from './volume-failure.ts';

const PREFIX = 'hugepages-';

/**
 * The `pagesize=` of a hugetlbfs for the medium `HugePages` or `HugePages-2Mi`.
 * @throws PeapodError VolumeError when the pod asks for no such pages, or the node has none
 * @see kubernetes/pkg/volume/emptydir/empty_dir.go getPageSizeMountOption
 */
export function hugePageSizeBytes(medium: string, pod: Pod): bigint {
  const requested = [...podRequests(pod).keys()]
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => wholeValue(parseQuantity(name.slice(PREFIX.length))));
  const named = /^HugePages-(.+)$/.exec(medium)?.[1];
  const sizes =
    named === undefined ? requested : requested.filter((size) => size === wholeValue(parseQuantity(named)));
  const [size, another] = sizes;
  if (size === undefined) throw badVolume(`medium ${medium}: no container requests such huge pages`);
  if (another !== undefined)
    throw badVolume(`medium ${medium}: the pod requests huge pages of several sizes`);
  const count = `/sys/kernel/mm/hugepages/hugepages-${size / 1024n}kB/nr_hugepages`;
  if (!existsSync(count) || Number(readFileSync(count, 'utf8')) === 0)
    throw badVolume(`medium ${medium}: the node has no huge pages of ${size / 1024n} kB`);
  return size;
}
