/** What is there from the beginning: made when it is missing, at every start. */
import { copyPlain } from '../model/copy-plain.ts';
import type { Clock } from '../model/clock.ts';
import { type ErrorCode, isPeapodError } from '../model/errors.ts';
import { DEFAULT_CLUSTER_ROLE_BINDINGS, DEFAULT_CLUSTER_ROLES } from './auth/rbac/default-roles.ts';
import type { ApiObject } from './api-object.ts';
import { StatusError } from './errors/status-error.ts';
import { createObject } from './registry/create-object.ts';
import type { Registry } from './registry/registry.ts';
import { apiVersionOf, type RequestContext, storeKey } from './registry/request-scope.ts';
import { BOOTSTRAP_PRIORITY_CLASSES } from './resources/priority-classes.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Claims that name no class get a directory of the node that their first pod comes to. */
const STANDARD_CLASS = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'peapod.dev/host-directory',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

const USER = { name: 'system:apiserver', groups: ['system:masters'] };

const RETRY_MS = 5000;
/** A store that can be read serves without what it cannot take. */
const UNWRITABLE: readonly ErrorCode[] = ['ReadOnly', 'NoSpace', 'Corrupt'];

/**
 * Resolves when all of it is there, or cannot be written at present: then it is tried again until the signal aborts.
 * @throws PeapodError, StatusError for what is no matter of writing
 */
export async function keepBootstrapped(
  registry: Registry,
  clock: Clock,
  log: (message: string, error: unknown) => void,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<void> }> {
  const isDone = async () => {
    try {
      await bootstrap(registry, clock);
      return true;
    } catch (error) {
      if (!isPeapodError(error) || !UNWRITABLE.includes(error.code)) throw error;
      return error;
    }
  };
  const first = await isDone();
  if (first === true) return { ended: Promise.resolve() };
  log('what every cluster has cannot be made at present', first);
  const retry = async () => {
    while (!signal.aborted) {
      await clock.sleep(RETRY_MS, { signal }).catch(() => {});
      if (signal.aborted || (await isDone()) === true) return;
    }
  };
  return { ended: retry().catch((error: unknown) => log('cannot make what every cluster has', error)) };
}

async function bootstrap(registry: Registry, clock: Clock): Promise<void> {
  const context: RequestContext = {
    user: USER,
    nowMs: clock.now(),
    fieldManager: 'peapod',
    warn: () => {},
  };
  const namespaces = NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await ensureAll(registry, namespaces, context);
  await registry.cache.caughtUp();
  const accounts = NAMESPACES.map((namespace) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  }));
  await ensureAll(
    registry,
    [
      ...accounts,
      STANDARD_CLASS,
      ...BOOTSTRAP_PRIORITY_CLASSES,
      ...DEFAULT_CLUSTER_ROLES,
      ...DEFAULT_CLUSTER_ROLE_BINDINGS,
    ],
    context,
  );
}

/** All at once: they share the store's commits. */
async function ensureAll(
  registry: Registry,
  objects: readonly object[],
  context: RequestContext,
): Promise<void> {
  await Promise.all(objects.map((object) => ensure(registry, object as ApiObject, context)));
}

async function ensure(registry: Registry, object: ApiObject, context: RequestContext): Promise<void> {
  const resource = registry.resources.find(
    (one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion,
  );
  if (resource === undefined) return;
  const scope = { resource, namespace: object.metadata?.namespace ?? '' };
  if (registry.cache.get(storeKey(scope, object.metadata?.name ?? '')) !== undefined) return;
  try {
    await createObject(registry, scope, copyPlain(object), context);
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error;
  }
}
