/**
 * A resource of the API, described by data: one generic handler serves them all, so a new kind is one small file in
 * `resources/`.
 */
import type { FieldError } from '../model/field-error.ts';
import type { ApiObject } from './api-object.ts';
import type { UserInfo } from './user-info.ts';

export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in the path: `pods`. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** The type's name in `src/model/api/structure.json`: `Pod`. */
  readonly typeName: string;
  /**
   * Where the objects lie in the store: `pods`, `events`. Two versions or groups that share a folder show the same
   * objects; `fromStored` and `toStored` turn one form into the other.
   */
  readonly storedAs: string;
  readonly fromStored?: (object: ApiObject) => ApiObject;
  readonly toStored?: (object: ApiObject) => ApiObject;
  /** Verbs that are served; all of them when absent. Reviews have `create` alone and are not stored. */
  readonly verbs?: readonly ResourceVerb[];
  readonly strategy: ResourceStrategy;
  /** `/status` is served, and the main resource leaves the status alone. */
  readonly hasStatus?: boolean;
  readonly scale?: ScalePaths;
  /** What `kubectl get` prints; Name and Age when absent. */
  readonly columns?: readonly TableColumn[];
  /** Fields besides `metadata.name` and `metadata.namespace` that a field selector may name. */
  readonly selectableFields?: Readonly<Record<string, (object: ApiObject) => string>>;
}

export type ResourceVerb =
  | 'create'
  | 'get'
  | 'list'
  | 'watch'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection';

/** How the scale subresource maps onto the object. */
export interface ScalePaths {
  readonly specReplicas: (object: ApiObject) => number;
  readonly statusReplicas: (object: ApiObject) => number;
  /** The selector in one line. */
  readonly selector: (object: ApiObject) => string;
  /** A copy of the object with that many replicas. */
  readonly withReplicas: (object: ApiObject, replicas: number) => ApiObject;
}

export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'number' | 'boolean';
  /** `name` marks the column of names. */
  readonly format?: string;
  readonly description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority?: number;
  /** Dates are printed as ages: answer the text that the server's printer gives (`5m`, `<unknown>`). */
  readonly cell: (object: ApiObject, nowMs: number) => string | number | boolean | null;
}

/** What the strategies may know of the request. */
export interface StrategyContext {
  readonly user: UserInfo;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * The rules of one kind. Every function works on its own copy and may change it in place; `metadata` of new objects is
 * complete (name, namespace, uid, creationTimestamp) when `validateCreate` sees it. Generic rules of metadata (names,
 * labels, immutable uid…) are the generic handler's.
 *
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/registry/rest/create.go, update.go, delete.go
 */
export interface ResourceStrategy {
  /** Fills in what the API's defaults say. Idempotent; applied to every object that comes in. */
  readonly applyDefaults?: (object: ApiObject) => ApiObject;
  /**
   * What all this makes of a new object, beside its metadata and status, hangs on its specification, its annotations and what admission
   * looks at: for the same it may be taken from another object, and `warnings` too. Rules of metadata are the generic handler's alone.
   */
  readonly hangsOnSpec?: boolean;
  /** Drops what a creator may not set (status). */
  readonly prepareForCreate?: (object: ApiObject, context: StrategyContext) => void;
  readonly validateCreate: (object: ApiObject, context: StrategyContext) => readonly FieldError[];
  /** Restores what an update may not change silently (status). */
  readonly prepareForUpdate?: (next: ApiObject, previous: ApiObject, context: StrategyContext) => void;
  readonly validateUpdate: (
    next: ApiObject,
    previous: ApiObject,
    context: StrategyContext,
  ) => readonly FieldError[];
  /** For `/status`: the handler has put everything but the status (and managedFields) back before this. */
  readonly validateStatusUpdate?: (
    next: ApiObject,
    previous: ApiObject,
    context: StrategyContext,
  ) => readonly FieldError[];
  /** Whether `metadata.generation` counts changes of everything but metadata and status. */
  readonly countsGenerations?: boolean;
  /** Whether PUT of a name that is not there creates it (leases, events, …). */
  readonly createsOnUpdate?: boolean;
  /** Whether an update without a resourceVersion is taken; true when absent. */
  readonly unconditionalUpdates?: boolean;
  /** How names are checked: `subdomain` (RFC 1123, the usual), `label`, or `path` (anything that fits into a path, as RBAC's). */
  readonly nameRule?: 'subdomain' | 'label' | 'path';
  /** Seconds that a deletion waits when the caller says nothing; a pod's. Absent: deletions are immediate. */
  readonly gracePeriodSeconds?: (object: ApiObject, requested: number | undefined) => number;
  /** What a client should be told without refusing: a `Warning:` header each. */
  readonly warnings?: (object: ApiObject) => readonly string[];
}
