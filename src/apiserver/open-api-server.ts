/** Puts the parts together: a store becomes the Kubernetes API. */
import type { Pod, PersistentVolumeClaim } from '../model/api/types.ts';
import type { Clock } from '../model/clock.ts';
import type { Store } from '../store/store.ts';
import { ApiServer, type UpgradeHandler } from './api-server.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createAuthorizer } from './auth/authorizer.ts';
import { type BoundObject, ServiceAccountTokens, type TokenSubject } from './auth/service-account-tokens.ts';
import { checkEscalation } from './auth/rbac/escalation.ts';
import { rbacObjectsOf } from './auth/rbac/rbac-objects.ts';
import { keepBootstrapped } from './bootstrap.ts';
import { WatchCache } from './cache/watch-cache.ts';
import { addDiscovery } from './discovery/discovery.ts';
import type { Subresources, SubresourceHandlers } from './http/api.ts';
import { addHealth } from './http/health.ts';
import { InFlight } from './http/in-flight.ts';
import { addMetrics } from './http/metrics.ts';
import { PathHandlers } from './http/path-handlers.ts';
import { RequestMetrics } from './http/request-metrics.ts';
import { addVersion } from './http/version.ts';
import { addOpenApi } from './openapi/openapi.ts';
import { admitObject, surroundingsOf } from './admission/admit-object.ts';
import { chargeQuota } from './admission/charge-quota.ts';
import { checkNamespace } from './admission/check-namespace.ts';
import { checkNodeRestriction } from './admission/check-node-restriction.ts';
import { checkWhole } from './registry/damage.ts';
import { KnownSpecs } from './registry/known-specs.ts';
import { randomName } from './registry/random-name.ts';
import type { Registry } from './registry/registry.ts';
import { storeKey } from './registry/request-scope.ts';
import type { Resource } from './resource.ts';
import { ALL_RESOURCES } from './resources/all-resources.ts';
import type { NodeAccess } from './subresources/node-access.ts';
import { podProxy } from './subresources/pod-proxy.ts';
import { nodeProxy } from './subresources/node-proxy.ts';
import type { NodeStats } from './subresources/node-stats.ts';
import { podBinding } from './subresources/pod-binding.ts';
import { podEviction } from './subresources/pod-eviction.ts';
import { podLog } from './subresources/pod-log.ts';
import { partHandlers } from './subresources/pod-parts.ts';
import { ephemeralContainerRules, resizeRules } from './subresources/pod-rules.ts';
import { podStreams } from './subresources/pod-streams.ts';
import { reviewHandlers } from './subresources/reviews.ts';
import { scaleHandlers } from './subresources/scale.ts';
import { serviceAccountToken } from './subresources/service-account-token.ts';
import { usageMetrics } from './subresources/usage-metrics.ts';
import { statusHandlers } from './subresources/status.ts';
import { namespaceFinalize } from './subresources/namespace-finalize.ts';

export interface ApiServerParts {
  /** Stays the caller's to close. */
  readonly store: Store;
  readonly clock: Clock;
  readonly nodes: NodeAccess;
  readonly stats: NodeStats;
  /** Signs service accounts' tokens: a private key on P-256, PEM. */
  readonly tokenKey: string;
  readonly version: string;
  readonly log: (message: string, error: unknown) => void;
}

export interface OpenApiServer extends AsyncDisposable {
  readonly api: ApiServer;
  readonly upgrade: UpgradeHandler;
  readonly registry: Registry;
  readonly tokens: ServiceAccountTokens;
}

/** @throws PeapodError of the store */
export async function openApiServer(parts: ApiServerParts): Promise<OpenApiServer> {
  const { store, clock, nodes } = parts;
  const cache = await WatchCache.open(store);
  const rbac = rbacObjectsOf(cache);
  const resources = ALL_RESOURCES;
  /** Of the volumes that pods get their tokens in: one for all, so that they share what they have of it. */
  const tokenSuffix = randomName('');
  const registry: Registry = {
    store,
    cache,
    resources,
    knownSpecs: new KnownSpecs(),
    surroundings: (scope, object) => surroundingsOf(cache, scope, object),
    admit: (request) => {
      checkWhole(registry);
      checkNamespace(cache, request);
      checkNodeRestriction(request);
      checkEscalation(rbac, request);
      if (request.isSettled !== true) admitObject(cache, request, tokenSuffix);
      return chargeQuota(registry, request);
    },
  };
  const tokens = new ServiceAccountTokens(parts.tokenKey, clock, (subject) =>
    isStillThere(registry, subject),
  );
  const authorizer = createAuthorizer(rbac, {
    podsOn: (node) => podsOf(cache).filter(({ spec }) => spec?.nodeName === node),
    volumeOf: (namespace, claim) =>
      (
        cache.get(`/persistentvolumeclaims/${namespace}/${claim}`)?.object as
          | PersistentVolumeClaim
          | undefined
      )?.spec?.volumeName,
  });
  const subresources = subresourcesOf(resources, nodes, tokens);
  for (const [path, create] of reviewHandlers({ authorizer, rbac, tokens }))
    subresources.set(path, { kind: '', create });
  for (const [path, handlers] of usageMetrics(parts.stats)) subresources.set(path, handlers);
  subresources.set('nodes/proxy', nodeProxy(parts.stats, nodes));
  const metrics = new RequestMetrics();
  const paths = new PathHandlers();
  addDiscovery(paths, { resources, subresources });
  addOpenApi(paths, resources, parts.version);
  addVersion(paths, parts.version);
  addHealth(paths, [{ name: 'store', check: () => cache.caughtUp() }]);
  const inFlight = new InFlight();
  addMetrics(paths, { cache, metrics, inFlight });
  const stop = new AbortController();
  const bootstrapping = await keepBootstrapped(registry, clock, parts.log, stop.signal);
  const api = new ApiServer({
    registry,
    clock,
    authenticator: createAuthenticator(tokens),
    authorizer,
    subresources,
    paths,
    metrics,
    inFlight,
    log: parts.log,
  });
  return {
    api,
    registry,
    tokens,
    upgrade: podStreams({ registry, nodes, clock }),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await bootstrapping.ended;
      await cache[Symbol.asyncDispose]();
    },
  };
}

function podsOf(cache: WatchCache): Pod[] {
  return cache.list('pods', '/pods/').map(({ object }) => object as Pod);
}

function subresourcesOf(
  resources: readonly Resource[],
  nodes: NodeAccess,
  tokens: ServiceAccountTokens,
): Map<string, SubresourceHandlers> & Subresources {
  const handlers = new Map<string, SubresourceHandlers>();
  for (const resource of resources) {
    const path = resource.group === '' ? resource.plural : `${resource.group}/${resource.plural}`;
    if (resource.hasStatus === true) handlers.set(`${path}/status`, statusHandlers(resource));
    if (resource.scale !== undefined) handlers.set(`${path}/scale`, scaleHandlers(resource.scale));
    if (path === 'pods') {
      handlers
        .set('pods/ephemeralcontainers', partHandlers('Pod', ephemeralContainerRules(resource)))
        .set('pods/resize', partHandlers('Pod', resizeRules(resource)));
    }
  }
  return handlers
    .set('pods/binding', podBinding)
    .set('pods/eviction', podEviction)
    .set('pods/log', podLog(nodes))
    .set('pods/proxy', podProxy(nodes))
    .set('pods/exec', { kind: 'PodExecOptions' })
    .set('pods/attach', { kind: 'PodAttachOptions' })
    .set('pods/portforward', { kind: 'PodPortForwardOptions' })
    .set('serviceaccounts/token', serviceAccountToken(tokens))
    .set('namespaces/finalize', namespaceFinalize);
}

/** A token is worth nothing when its account, or what it is bound to, is gone or has come anew. */
async function isStillThere(
  registry: Registry,
  { namespace, name, uid, boundTo }: TokenSubject,
): Promise<boolean> {
  await registry.cache.caughtUp();
  const has = (plural: string, one: Pick<BoundObject, 'name' | 'uid'>): boolean => {
    const resource = registry.resources.find(
      (candidate) => candidate.group === '' && candidate.plural === plural,
    );
    if (resource === undefined) return false;
    const key = storeKey({ resource, namespace: resource.namespaced ? namespace : '' }, one.name);
    return registry.cache.get(key)?.object.metadata?.uid === one.uid;
  };
  return (
    has('serviceaccounts', { name, uid }) &&
    (boundTo === undefined || has(`${boundTo.kind.toLowerCase()}s`, boundTo))
  );
}
