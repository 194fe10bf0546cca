/**
 * What the API answers instead of an object: metav1.Status, thrown.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go
 */
import type { Status, StatusCause } from '../../model/api/types.ts';
import { type FieldError, type FieldErrorType, formatFieldError } from '../../model/field-error.ts';

/** The reasons that we answer with, and their HTTP codes. */
const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  StorageReadError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof CODES;

export interface StatusDetails {
  readonly group?: string;
  /** The resource, or for `Invalid` the kind. */
  readonly kind?: string;
  readonly name?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly reason: StatusReason;
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(reason: StatusReason, message: string, details?: StatusDetails, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.code = CODES[reason];
    this.details = details;
  }

  toStatus(): Status {
    const { group, causes, ...rest } = this.details ?? {};
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined
        ? {}
        : {
            details: {
              ...rest,
              ...(group ? { group } : {}),
              ...(causes === undefined ? {} : { causes: [...causes] }),
            },
          }),
      code: this.code,
    };
  }
}

/** The revision of a list's page is forgotten; with the token it goes on as of another one. */
class ExpiredPage extends StatusError {
  readonly #continueToken: string;

  constructor(message: string, continueToken: string) {
    super('Expired', message);
    this.#continueToken = continueToken;
  }

  override toStatus(): Status {
    return { ...super.toStatus(), metadata: { continue: this.#continueToken } };
  }
}

/** `pods`, or `deployments.apps`. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}

export function qualifiedName({ group, plural }: ResourceName): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function about(resource: ResourceName, name: string): StatusDetails {
  return { name, group: resource.group, kind: resource.plural };
}

export function notFound(resource: ResourceName, name: string): StatusError {
  return new StatusError(
    'NotFound',
    `${qualifiedName(resource)} ${JSON.stringify(name)} not found`,
    about(resource, name),
  );
}

export function alreadyExists(resource: ResourceName, name: string): StatusError {
  return new StatusError(
    'AlreadyExists',
    `${qualifiedName(resource)} ${JSON.stringify(name)} already exists`,
    about(resource, name),
  );
}

export function conflict(resource: ResourceName, name: string, why: string): StatusError {
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedName(resource)} ${JSON.stringify(name)}: ${why}`,
    about(resource, name),
  );
}

/** Somebody else wrote it since the caller read it. */
export function modifiedMeanwhile(resource: ResourceName, name: string): StatusError {
  return conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function forbidden(resource: ResourceName, name: string, why: string): StatusError {
  const subject = name === '' ? '' : ` ${JSON.stringify(name)}`;
  return new StatusError(
    'Forbidden',
    `${qualifiedName(resource)}${subject} is forbidden: ${why}`,
    about(resource, name),
  );
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}

export function expired(message: string): StatusError {
  return new StatusError('Expired', message);
}

/** @param token goes on where the page would have begun, as of now */
export function expiredPage(token: string): StatusError {
  return new ExpiredPage(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    token,
  );
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function noSuchResource(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {});
}

const CAUSE_REASONS: Record<FieldErrorType, string> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  Duplicate: 'FieldValueDuplicate',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  NotFound: 'FieldValueNotFound',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
};

/** @param kind with its group: `Pod`, `Deployment.apps` */
export function invalid(
  { group, kind }: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const byText = new Map(errors.map((error) => [formatFieldError(error), error]));
  const texts = [...byText.keys()];
  const text = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const causes = [...byText.values()].map((error) => ({
    reason: CAUSE_REASONS[error.type],
    message: formatFieldError({ ...error, field: '' }).replace(/^: /, ''),
    field: error.field,
  }));
  const qualified = group === '' ? kind : `${kind}.${group}`;
  return new StatusError('Invalid', `${qualified} ${JSON.stringify(name)} is invalid: ${text}`, {
    name,
    group,
    kind,
    causes,
  });
}

/** A query parameter of a list or watch that does not fit the others. */
export function invalidListOptions(field: string, why: string): StatusError {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    { field, type: 'Forbidden', detail: why },
  ]);
}

export function unsupportedListOption(
  field: string,
  value: string,
  supported: readonly string[],
): StatusError {
  const detail = `supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`;
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    { field, type: 'NotSupported', badValue: value, detail },
  ]);
}
