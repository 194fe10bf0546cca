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
