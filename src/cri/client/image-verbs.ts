import { PeapodError } from '../../model/errors.ts';
import { parseReference } from '../../runtime/image/reference.ts';
import type { CallOptions, ImageStatus, PodRuntime, PullOptions } from '../../runtime/pod-runtime.ts';
import type { CriContext } from './cri-context.ts';
import { readImage } from './read-image.ts';
import { readFilesystem } from './read-stats.ts';
import { failingAsPull, unlessGone } from './verb-error.ts';

type ImageVerb =
  | 'listImages'
  | 'imageStatus'
  | 'pullImage'
  | 'removeImage'
  | 'imageFsInfo'
  | 'containerFsInfo';

const IMAGE_ID = /^(sha256:)?[0-9a-f]{64}$/;

export function imageVerbs(context: CriContext): Pick<PodRuntime, ImageVerb> {
  const { images, clock } = context;
  /** Runtimes do not tell since when an image is there: since it was first seen. */
  const firstSeen = new Map<string, number>();
  const seen = (id: string) => {
    const at = firstSeen.get(id) ?? clock.now();
    firstSeen.set(id, at);
    return at;
  };
  const status = async (reference: string, options: CallOptions): Promise<ImageStatus | undefined> => {
    // Each runtime has its own words for a name that is none.
    if (!IMAGE_ID.test(reference)) parseReference(reference);
    const { image, info } = await images.imageStatus({ image: { image: reference }, verbose: true }, options);
    return image === undefined ? undefined : readImage(image, info, seen(image.id));
  };
  return {
    listImages: async (options = {}) => {
      const { images: all } = await images.listImages({}, options);
      for (const id of firstSeen.keys()) if (all.every((image) => image.id !== id)) firstSeen.delete(id);
      return all.map((image) => readImage(image, {}, seen(image.id)));
    },
    imageStatus: (reference, options = {}) => status(reference, options),
    pullImage: async (reference, options = {}) => {
      parseReference(reference);
      const { auth, onProgress: _, ...call } = options;
      const request = {
        image: { image: reference, userSpecifiedImage: reference },
        ...(auth === undefined ? {} : { auth: authMessage(auth) }),
      };
      const { imageRef } = await failingAsPull(reference, () => images.pullImage(request, call));
      const pulled = await status(imageRef, call);
      if (pulled !== undefined) return pulled;
      throw new PeapodError('ImageNotFound', `image "${reference}" went away after it was pulled`);
    },
    removeImage: (reference, options = {}) =>
      unlessGone(() => images.removeImage({ image: { image: reference } }, options)),
    imageFsInfo: async (options = {}) =>
      readFilesystem((await images.imageFsInfo({}, options)).imageFilesystems[0]),
    containerFsInfo: async (options = {}) => {
      const { containerFilesystems, imageFilesystems } = await images.imageFsInfo({}, options);
      return readFilesystem(containerFilesystems[0] ?? imageFilesystems[0]);
    },
  };
}

function authMessage(auth: NonNullable<PullOptions['auth']>) {
  return 'token' in auth ? { registryToken: auth.token } : auth;
}
