/** What every request handler works with. */
import type { Clock } from '../../model/clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { Departure } from './departure.ts';
import type { RequestContext } from '../registry/request-scope.ts';
import type { Resource } from '../resource.ts';
import type { UserInfo } from '../user-info.ts';
import type { Negotiated } from './negotiate.ts';
import type { Request } from './read-body.ts';
import type { RequestInfo, ResourceInfo } from './request-info.ts';
import type { Response } from './respond.ts';

/** One request about a resource, understood and allowed. */
export interface ResourceCall {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly request: Request;
  readonly response: Response;
  readonly info: RequestInfo;
  readonly target: ResourceInfo;
  readonly resource: Resource;
  readonly user: UserInfo;
  readonly negotiated: Negotiated;
  /** That the client has gone. */
  readonly departure: Departure;
  readonly context: RequestContext;
  /** Whether the caller may do something else to the same resource. @throws StatusError Forbidden */
  readonly authorizeAs: (verb: string) => Promise<void>;
}

/** Answers a call; what it throws becomes a Status. */
export type CallHandler = (call: ResourceCall) => Promise<void>;

/** Handlers of subresources by `pods/log`. */
export type Subresources = ReadonlyMap<string, SubresourceHandlers>;

export interface SubresourceHandlers {
  /** What discovery says of it. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly get?: CallHandler;
  readonly list?: CallHandler;
  readonly create?: CallHandler;
  readonly update?: CallHandler;
  readonly patch?: CallHandler;
  readonly delete?: CallHandler;
}
