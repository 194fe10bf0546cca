import type { RuntimePaths } from '../paths.ts';
import { storeUsers } from '../image/store/store-users.ts';
import { findRecord, listContainerIds } from './container-record.ts';

/** The images whose layers some container stands on, or has mounted, of whichever runtime that shares the store. */
export async function imagesInUse(paths: RuntimePaths): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  for (const containers of await storeUsers(paths)) {
    const ids = await listContainerIds(containers);
    const records = await Promise.all(ids.map((id) => findRecord(containers, id)));
    for (const record of records) {
      if (!record) continue;
      used.add(record.config.image);
      for (const { source } of record.config.mounts) if ('image' in source) used.add(source.image);
    }
  }
  return used;
}
