/** CreateContainer. */
import { realpath } from 'node:fs/promises';
import { PeapodError } from '../../../model/errors.ts';
import type { Mount } from '../../../runtime/pod-runtime.ts';
import { containerConfigFrom } from '../../convert/container-config.ts';
import { invalid, required } from '../../convert/invalid.ts';
import { checkHandler } from '../check-handler.ts';
import { checkInSandbox } from '../check-in-sandbox.ts';
import type { CriContext } from '../cri-context.ts';
import { findSandboxId } from '../find-id.ts';
import type { RuntimeVerbs } from '../runtime-verbs.ts';

export const createContainer: RuntimeVerbs<'createContainer'> = (context) => ({
  /** Goes on when the client's time is over: when it asks again, it finds its container. */
  async createContainer({ podSandboxId, config: message }, { signal }) {
    const asked = containerConfigFrom(message);
    const sandboxId = await findSandboxId(context, podSandboxId);
    checkInSandbox(
      required(message, 'config'),
      await context.runtime.podSandboxStatus(sandboxId, { signal }),
    );
    await checkHandler(context, message?.image?.runtimeHandler, 'config.image.runtime_handler');
    const { name, attempt } = asked.metadata;
    const containerId = await context.work.run(
      JSON.stringify(['create', sandboxId, name, attempt]),
      { signal, abandoned: 'goes on' },
      async (over) => {
        const mounts = await Promise.all(
          asked.mounts.map((mount, index) =>
            resolveMount(context, mount, message?.mounts[index]?.image?.runtimeHandler, index),
          ),
        );
        const config = { ...asked, mounts, image: await imageId(context, asked.image) };
        return context.runtime.createContainer(sandboxId, config, { signal: over });
      },
    );
    return { containerId };
  },
});

async function imageId({ runtime }: CriContext, reference: string): Promise<string> {
  const image = await runtime.imageStatus(reference);
  if (image !== undefined) return image.id;
  throw new PeapodError('ImageNotFound', `image ${JSON.stringify(reference)} is not present`);
}

/** A symlink is followed, and what is not there is an error. */
async function resolveMount(
  context: CriContext,
  mount: Mount,
  imageHandler: string | undefined,
  index: number,
): Promise<Mount> {
  const { source } = mount;
  await checkHandler(context, imageHandler, `config.mounts[${index}].image.runtime_handler`);
  if ('image' in source)
    return { ...mount, source: { ...source, image: await imageId(context, source.image) }, readonly: true };
  const field = `config.mounts[${index}].host_path`;
  if (!source.hostPath.startsWith('/')) invalid(field, source.hostPath, 'must be an absolute path');
  const hostPath = await realpath(source.hostPath).catch((error: unknown) =>
    invalid(field, source.hostPath, error instanceof Error ? error.message : String(error)),
  );
  return { ...mount, source: { hostPath } };
}
