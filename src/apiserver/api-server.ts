/**
 * The Kubernetes API over a store: from a request to its answer. Listening, and TLS, are `http/listen.ts`'s.
 *
 *     request ─► who? ─► may they? ─► is there room? ─► resource, discovery, health … ─► answer
 */
import type { Duplex } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import type { StatusError } from './errors/status-error.ts';
import { forbidden, noSuchResource, StatusError as Failure } from './errors/status-error.ts';
import { toStatusError } from './errors/to-status-error.ts';
import type { ResourceCall, Subresources } from './http/api.ts';
import { Departure } from './http/departure.ts';
import { InFlight, requestClass } from './http/in-flight.ts';
import { negotiate } from './http/negotiate.ts';
import type { PathHandlers } from './http/path-handlers.ts';
import { readDryRun, readFieldManager } from './http/query-options.ts';
import type { Request } from './http/read-body.ts';
import { readRequestInfo, type RequestInfo, type ResourceInfo } from './http/request-info.ts';
import { handleResource } from './http/resource-handler.ts';
import { addWarning, type Response, sendStatus } from './http/respond.ts';
import type { RequestMetrics } from './http/request-metrics.ts';
import type { Registry } from './registry/registry.ts';
import type { Resource } from './resource.ts';
import { impersonated, impersonates } from './auth/impersonation.ts';
import type { Authenticator, Authorizer, Credentials, UserInfo } from './user-info.ts';

export interface ApiServerOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly subresources: Subresources;
  readonly paths: PathHandlers;
  readonly metrics: RequestMetrics;
  readonly inFlight?: InFlight;
  /** Told of every failure that is a bug, or the store's. */
  readonly log: (message: string, error: unknown) => void;
}

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #resources: ReadonlyMap<string, Resource>;
  readonly #inFlight: InFlight;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#inFlight = options.inFlight ?? new InFlight();
    this.#resources = new Map(
      options.registry.resources.map((one) => [`${one.group}/${one.version}/${one.plural}`, one]),
    );
  }

  /** Answers a request, whatever it is; never throws. */
  handle(request: Request, response: Response, credentials: Credentials): Promise<void> {
    return this.#answer(request, response, (info) => this.#admitCaller(request, info, credentials));
  }

  /** The same for who needs no credentials, being part of this process. */
  handleAs(request: Request, response: Response, user: UserInfo): Promise<void> {
    return this.#answer(request, response, async (info) => {
      await this.#authorize(info, user);
      return user;
    });
  }

  async #answer(
    request: Request,
    response: Response,
    admit: (info: RequestInfo) => Promise<UserInfo>,
  ): Promise<void> {
    const begin = performance.now();
    let info: RequestInfo | undefined;
    const departure = new Departure();
    response.on('close', () => departure.note());
    try {
      info = readRequestInfo(request.method ?? 'GET', request.url ?? '/');
      const user = await admit(info);
      using _ = this.#inFlight.enter(requestClass(info.verb, info.resource?.subresource ?? ''));
      await this.#dispatch(request, response, info, user, departure);
    } catch (error) {
      if (!departure.isNoted) sendStatus(response, this.#failure(error));
    }
    departure.ignore();
    this.#options.metrics.observe(info, request.method ?? '', response.statusCode, performance.now() - begin);
  }

  /**
   * Who is allowed to do what an upgrade asks for, and what that is.
   * @throws StatusError Unauthorized, Forbidden, NotFound
   */
  async admitUpgrade(request: Request, credentials: Credentials): Promise<UpgradeCall> {
    const info = readRequestInfo(request.method ?? 'GET', request.url ?? '/');
    const user = await this.#admitCaller(request, info, credentials);
    const target = info.resource;
    if (target === undefined) throw noSuchResource();
    // To run commands in everybody's pods is more than to read figures, though a WebSocket begins with GET as well.
    if (target.group === '' && target.resource === 'nodes')
      await this.#authorize({ ...info, verb: 'create' }, user);
    return { info, target, resource: this.#resource(target), user };
  }

  /**
   * The same for who reads in this process.
   * @throws StatusError Forbidden, NotFound
   */
  async admitLocal(url: string, user: UserInfo): Promise<UpgradeCall> {
    const info = readRequestInfo('GET', url);
    await this.#authorize(info, user);
    const target = info.resource;
    if (target === undefined) throw noSuchResource();
    return { info, target, resource: this.#resource(target), user };
  }

  get registry(): Registry {
    return this.#options.registry;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** What a failure is to be answered with; bugs are logged. */
  failure(error: unknown): StatusError {
    return this.#failure(error);
  }

  async #admitCaller(request: Request, info: RequestInfo, credentials: Credentials): Promise<UserInfo> {
    const { authenticator, authorizer } = this.#options;
    // What is known at once is not waited for: most requests come with the certificate of their connection, and act for nobody else.
    const answer = authenticator.authenticate(credentials);
    const caller = (answer instanceof Promise ? await answer : answer) ?? ANONYMOUS;
    const user = impersonates(request) ? await impersonated(request, caller, authorizer) : caller;
    await this.#authorize(info, user);
    return user;
  }

  /** @throws StatusError Forbidden */
  async #authorize(info: RequestInfo, user: UserInfo): Promise<void> {
    const { authorizer } = this.#options;
    const target = info.resource;
    const answer = authorizer.authorize({
      user,
      verb: info.verb,
      ...(target === undefined ? { path: info.path } : { resource: accessed(target, info) }),
    });
    const decision = answer instanceof Promise ? await answer : answer;
    if (decision.allowed) return;
    throw target === undefined
      ? new Failure(
          'Forbidden',
          `forbidden: User ${JSON.stringify(user.name)} cannot ${info.verb} path ${JSON.stringify(info.path)}`,
          {},
        )
      : forbidden(
          { group: target.group, plural: target.resource },
          target.name,
          whyForbidden(user, info, target, decision.reason),
        );
  }

  async #dispatch(
    request: Request,
    response: Response,
    info: RequestInfo,
    user: UserInfo,
    departure: Departure,
  ): Promise<void> {
    const target = info.resource;
    if (target === undefined) return this.#options.paths.handle(request, response, info);
    const resource = this.#resource(target);
    const { registry, clock, subresources } = this.#options;
    const call: ResourceCall = {
      registry,
      clock,
      request,
      response,
      info,
      target,
      resource,
      user,
      authorizeAs: (verb) => this.#authorize({ ...info, verb }, user),
      negotiated: negotiate(request.headers.accept),
      departure,
      context: {
        user,
        nowMs: clock.now(),
        dryRun: readDryRun(info.query.getAll('dryRun')),
        fieldManager: readFieldManager(info.query, request),
        warn: (text) => addWarning(response, text),
      },
    };
    const name = `${resource.plural}/${target.subresource}`;
    await handleResource(call, subresources.get(resource.group === '' ? name : `${resource.group}/${name}`));
  }

  #resource({ group, version, resource }: ResourceInfo): Resource {
    const found = this.#resources.get(`${group}/${version}/${resource}`);
    if (found === undefined) throw noSuchResource();
    return found;
  }

  #failure(error: unknown): StatusError {
    const failure = toStatusError(error);
    if (failure.code >= 500 && failure.reason !== 'Timeout') this.#options.log(failure.message, error);
    return failure;
  }
}

export interface UpgradeCall {
  readonly info: RequestInfo;
  readonly target: ResourceInfo;
  readonly resource: Resource;
  readonly user: UserInfo;
}

/** Joins an upgraded connection to what it asked for. */
export type UpgradeHandler = (
  call: UpgradeCall,
  request: Request,
  socket: Duplex,
  head: Buffer,
) => Promise<void>;

function accessed(
  target: ResourceInfo,
  { query }: RequestInfo,
): NonNullable<Parameters<Authorizer['authorize']>[0]['resource']> {
  const { group, version, resource, subresource, namespace, name } = target;
  const fieldSelector = query.get('fieldSelector');
  return {
    group,
    version,
    resource,
    ...(subresource === '' ? {} : { subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
    ...(fieldSelector === null ? {} : { fieldSelector }),
  };
}

/** @see kubernetes/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go */
function whyForbidden(user: UserInfo, { verb }: RequestInfo, target: ResourceInfo, reason: string): string {
  const { group, resource, subresource, namespace } = target;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const why = reason === '' ? '' : `: ${reason}`;
  return `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${why}`;
}
