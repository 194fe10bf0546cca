import { PeapodError } from '../../model/errors.ts';
import { lockFile } from '../linux/lock-file.ts';
import { canonicalName, parseReference } from './reference.ts';
import { collectGarbage } from './store/collect-garbage.ts';
import { listNames, removeImageRecord, removeName } from './store/image-records.ts';
import type { StoreFiles } from './store/store-files.ts';
import { findImage, isImageId } from './store/stored-images.ts';

/**
 * Removes an image by id with all its names, or one name, and with its last tag the image. What layers nobody needs then
 * are deleted at once, or by whoever comes next while a pull goes on.
 * @throws PeapodError FailedPrecondition when a container uses it
 */
export async function removeImage(
  files: StoreFiles,
  reference: string,
  options: { inUse: () => Promise<ReadonlySet<string>>; signal?: AbortSignal },
): Promise<void> {
  await removeNames(files, reference, options);
  // Also when the image was gone: whoever removed it may have come no further.
  await collectGarbage(files, options.signal);
}

async function removeNames(
  files: StoreFiles,
  reference: string,
  options: { inUse: () => Promise<ReadonlySet<string>>; signal?: AbortSignal },
): Promise<void> {
  await using _held = await lockFile(
    files.lock('names'),
    options.signal === undefined ? {} : { signal: options.signal },
  );
  const image = await findImage(files, reference);
  if (image === undefined) return;
  const names = (await listNames(files)).filter(({ id }) => id === image.id).map(({ name }) => name);
  const doomed = (await isImageId(files, reference)) ? names : namesToDrop(reference, names);
  const kept = names.filter((name) => !doomed.includes(name));
  if (kept.length === 0) {
    if ((await options.inUse()).has(image.id)) {
      throw new PeapodError(
        'FailedPrecondition',
        `image ${JSON.stringify(reference)} is used by a container`,
        {
          hint: 'remove its pod first: peapod rm',
        },
      );
    }
    await removeImageRecord(files, image.id);
  }
  for (const name of doomed) await removeName(files, name);
}

/** With the last tag of a repository its digests go too: nobody gave them by hand. */
function namesToDrop(reference: string, names: readonly string[]): string[] {
  const name = canonicalName(parseReference(reference));
  const { domain, path } = parseReference(reference);
  const repository = `${domain}/${path}`;
  const tagsLeft = names.some((other) => other !== name && other.startsWith(`${repository}:`));
  if (name.includes('@') || tagsLeft) return [name];
  return [name, ...names.filter((other) => other.startsWith(`${repository}@`))];
}
