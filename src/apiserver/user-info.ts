/**
 * Who asks, as authentication found it.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/authentication/user/user.go
 */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is asked for, as authorisation sees it. */
export interface AccessRequest {
  readonly user: UserInfo;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, …; for paths the method in lower case. */
  readonly verb: string;
  readonly resource?: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
    /** The query's field selector, which a node needs to list its own pods. */
    readonly fieldSelector?: string;
  };
  /** For requests that are not about a resource: `/metrics`. */
  readonly path?: string;
}

export type AccessDecision =
  | { readonly allowed: true; readonly reason: string }
  | { readonly allowed: false; readonly reason: string };

/** What authentication may look at. */
export interface Credentials {
  /** The `Authorization` header; empty when there is none. */
  readonly authorization: string;
  /** A bearer token that came as a WebSocket subprotocol, as browsers send it. */
  readonly webSocketToken?: string | undefined;
  /** The certificate that the client proved to own and that our CA signed; DER. */
  readonly clientCertificate?: Buffer | undefined;
  /** The connection came over the root-only socket. */
  readonly isLocalRoot: boolean;
}

export interface Authenticator {
  /**
   * Nothing: the caller is anonymous.
   * @throws StatusError Unauthorized when there are credentials that are not valid
   */
  authenticate(credentials: Credentials): UserInfo | undefined | Promise<UserInfo | undefined>;
}

export interface Authorizer {
  authorize(request: AccessRequest): Promise<AccessDecision> | AccessDecision;
}
