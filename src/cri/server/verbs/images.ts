/** ListImages, StreamImages, ImageStatus, PullImage, RemoveImage, ImageFsInfo. */
import type { PullOptions } from '../../../runtime/pod-runtime.ts';
import type { AuthConfig, ImageFilter, ImageSpec } from '../../api/runtime_pb.ts';
import { pullAuth } from '../../convert/auth.ts';
import { filesystemMessage, imageMessage } from '../../convert/images.ts';
import { required } from '../../convert/invalid.ts';
import type { CriContext } from '../cri-context.ts';
import { checkHandler } from '../check-handler.ts';
import { inLists } from '../in-lists.ts';
import type { ImageVerbs } from '../runtime-verbs.ts';

export const images: ImageVerbs<
  'listImages' | 'streamImages' | 'imageStatus' | 'pullImage' | 'removeImage' | 'imageFsInfo'
> = (context) => ({
  listImages: async ({ filter }, { signal }) => ({ images: await list(context, filter, signal) }),

  async *streamImages({ filter }, { signal }) {
    for (const some of inLists(await list(context, filter, signal))) yield { images: some };
  },

  async imageStatus({ image: spec, verbose }, { signal }) {
    await checkHandler(context, spec?.runtimeHandler, 'image.runtime_handler');
    const image = await context.runtime.imageStatus(referenceOf(spec), { signal });
    if (image === undefined) return {};
    return { image: imageMessage(image), info: verbose ? { info: JSON.stringify(image) } : {} };
  },

  /** Given up when every client that asked for it has gone. */
  async pullImage({ image: spec, auth }, { signal }) {
    const reference = referenceOf(spec);
    await checkHandler(context, spec?.runtimeHandler, 'image.runtime_handler');
    const options = authOptions(auth, reference);
    const { id } = await context.work.run(
      JSON.stringify(['pull', reference, options]),
      { signal, abandoned: 'is aborted' },
      (over) => context.runtime.pullImage(reference, { ...options, signal: over }),
    );
    return { imageRef: id };
  },

  /** With all its names, as the API wants. */
  async removeImage({ image: spec }, { signal }) {
    await checkHandler(context, spec?.runtimeHandler, 'image.runtime_handler');
    const image = await context.runtime.imageStatus(referenceOf(spec), { signal });
    if (image !== undefined) await context.runtime.removeImage(image.id, { signal });
    return {};
  },

  async imageFsInfo(_request, { signal }) {
    const nowMs = context.clock.now();
    const [ofImages, ofContainers] = await Promise.all([
      context.runtime.imageFsInfo({ signal }),
      context.runtime.containerFsInfo({ signal }),
    ]);
    return {
      imageFilesystems: [filesystemMessage(ofImages, nowMs)],
      containerFilesystems: [filesystemMessage(ofContainers, nowMs)],
    };
  },
});

function referenceOf(spec: ImageSpec | undefined): string {
  return required(spec?.image, 'image.image');
}

function authOptions(auth: AuthConfig | undefined, reference: string): PullOptions {
  const known = auth === undefined ? undefined : pullAuth(auth, reference);
  return known === undefined ? {} : { auth: known };
}

async function list(context: CriContext, filter: ImageFilter | undefined, signal: AbortSignal) {
  const { runtime } = context;
  await checkHandler(context, filter?.image?.runtimeHandler, 'filter.image.runtime_handler');
  const reference = filter?.image?.image ?? '';
  if (reference === '') return (await runtime.listImages({ signal })).map(imageMessage);
  const image = await runtime.imageStatus(reference, { signal });
  return image === undefined ? [] : [imageMessage(image)];
}
