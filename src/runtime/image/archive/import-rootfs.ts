import type { Readable } from 'node:stream';
import type { ImageConfigChanges } from '../image-store.ts';
import { hostPlatform } from '../platform.ts';
import { canonicalName, parseReference } from '../reference.ts';
import type { PullSettings } from '../registry/pull-image.ts';
import type { ImageRecord } from '../store/image-records.ts';
import { unpackLayer } from '../store/layers.ts';
import type { StoreFiles } from '../store/store-files.ts';
import { storeImage } from '../store/stored-images.ts';
import { archiveBytes } from './archive-source.ts';

/** Makes an image of one layer from a tar of a root file system. The caller holds the store's lock. */
export async function importRootfs(
  files: StoreFiles,
  tar: Readable | string,
  settings: PullSettings,
  call: { reference?: string; config?: ImageConfigChanges; signal?: AbortSignal },
): Promise<ImageRecord> {
  const names = call.reference === undefined ? [] : [canonicalName(parseReference(call.reference))];
  const layer = await unpackLayer(files, archiveBytes(tar), {
    limits: settings.limits,
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  const now = settings.clock.now();
  const { os, architecture } = hostPlatform();
  const config = {
    created: new Date(now).toISOString(),
    architecture,
    os,
    config: inOciWords(call.config ?? {}),
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created: new Date(now).toISOString(), comment: 'imported by peapod' }],
  };
  const image = { config: Buffer.from(JSON.stringify(config)), manifests: [], layers: [layer], names };
  return storeImage(files, image, now);
}

function inOciWords(changes: ImageConfigChanges): Record<string, unknown> {
  const said: [string, unknown][] = [
    ['User', changes.user],
    ['Env', changes.env],
    ['Entrypoint', changes.entrypoint],
    ['Cmd', changes.cmd],
    ['WorkingDir', changes.workingDir],
    ['Labels', changes.labels],
    ['StopSignal', changes.stopSignal],
    ['Volumes', asSet(changes.volumes)],
    ['ExposedPorts', asSet(changes.exposedPorts)],
  ];
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

function asSet(names: readonly string[] | undefined): Record<string, object> | undefined {
  return names === undefined ? undefined : Object.fromEntries(names.map((name) => [name, {}]));
}
