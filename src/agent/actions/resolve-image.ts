import { isPeapodError } from '../../model/errors.ts';
import { type Backoff, backoffRemainingMs, nextBackoff } from '../../model/status/backoff.ts';
import type { ImageStatus } from '../../runtime/pod-runtime.ts';
import { eventTexts } from '../events/event-texts.ts';
import { findSpecContainer, type SpecContainer } from '../spec-containers.ts';
import type { PodContext } from './pod-context.ts';
import { pullCredentials } from './pull-credentials.ts';
import { messageOf } from './step-failure.ts';

/** After a failed pull the next look finds that it has to wait. */
const LOOK_AGAIN_MS = 1000;

/**
 * Makes sure that the container's image is there, as its `imagePullPolicy` says.
 * @see kubernetes/pkg/kubelet/images/image_manager.go EnsureImageExists
 */
export async function resolveImage(name: string, context: PodContext): Promise<void> {
  const { deps, pod, events, signal } = context;
  const container = findSpecContainer(pod, name);
  if (container === undefined) return;
  const image = container.spec.image ?? '';
  const policy = container.spec.imagePullPolicy ?? 'IfNotPresent';
  let present: ImageStatus | undefined;
  try {
    present = await deps.runtime.imageStatus(image, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isPeapodError(error, 'InvalidImageName')) return refuse('InvalidImageName', messageOf(error));
    return refuse('ImageInspectError', messageOf(error));
  }
  if (present !== undefined && policy !== 'Always') {
    events.record(pod, eventTexts.imagePresent(container));
    remember(context, container, present);
  } else if (policy === 'Never') {
    events.record(pod, eventTexts.neverPull(container));
    const message = `Container image "${image}" is not present with pull policy of Never`;
    fail(context, container, 'ErrImageNeverPull', message);
    events.record(pod, eventTexts.failed(container, 'ErrImageNeverPull'));
  } else await pullImage(container, context);

  function refuse(reason: string, message: string): void {
    if (container === undefined) return;
    events.record(pod, eventTexts.inspectFailed(container, message));
    events.record(pod, eventTexts.failed(container, reason));
    fail(context, container, reason, message);
  }
}

async function pullImage(container: SpecContainer, context: PodContext): Promise<void> {
  const { deps, pod, memory, events, signal } = context;
  const image = container.spec.image ?? '';
  const earlier = memory.imageBackoffs.get(image);
  if (earlier !== undefined) {
    const remainingMs = backoffRemainingMs(earlier, earlier.failedAt, deps.clock.now());
    if (remainingMs > 0) return waitForPull(container, context, earlier, remainingMs);
  }
  events.record(pod, eventTexts.pulling(container));
  const startedAt = deps.clock.now();
  try {
    const auth = await pullCredentials(pod, image, deps.client);
    const pulled = await deps.runtime.pullImage(image, { signal, ...(auth === undefined ? {} : { auth }) });
    memory.imageBackoffs.delete(image);
    events.record(pod, eventTexts.pulled(container, deps.clock.now() - startedAt, pulled.sizeBytes));
    remember(context, container, pulled);
  } catch (error) {
    signal.throwIfAborted();
    const reason = isPeapodError(error, 'InvalidImageName') ? 'InvalidImageName' : 'ErrImagePull';
    const failedAt = deps.clock.now();
    const message = messageOf(error);
    memory.imageBackoffs.set(image, { ...nextBackoff(earlier, failedAt, failedAt), failedAt, message });
    events.record(pod, eventTexts.pullFailed(container, message));
    events.record(pod, eventTexts.failed(container, reason));
    fail(context, container, reason, message, LOOK_AGAIN_MS);
  }
}

function waitForPull(
  container: SpecContainer,
  context: PodContext,
  earlier: Backoff & { message: string },
  remainingMs: number,
): void {
  const { pod, events } = context;
  events.record(pod, eventTexts.pullBackOff(container));
  events.record(pod, eventTexts.failed(container, 'ImagePullBackOff'));
  const message = `Back-off pulling image "${container.spec.image}": ErrImagePull: ${earlier.message}`;
  fail(context, container, 'ImagePullBackOff', message, remainingMs);
}

function remember({ memory }: PodContext, { name }: SpecContainer, image: ImageStatus): void {
  memory.images.set(name, { state: 'present', image });
}

function fail(
  { memory, deps }: PodContext,
  { name }: SpecContainer,
  reason: string,
  message: string,
  retryMs = 10_000,
): void {
  memory.images.set(name, { state: 'failed', reason, message, retryAt: deps.clock.now() + retryMs });
}
