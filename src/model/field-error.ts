/**
 * What is wrong with one field of an object, in Kubernetes' words.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */
import { PeapodError } from './errors.ts';

export type FieldErrorType =
  | 'Required'
  | 'Invalid'
  | 'Duplicate'
  | 'NotSupported'
  | 'Forbidden'
  | 'NotFound'
  | 'TooLong'
  | 'TooMany';

export interface FieldError {
  readonly field: string;
  readonly type: FieldErrorType;
  /** Absent for `Required`, `Forbidden` and `TooLong`, whose text does not tell it. */
  readonly badValue?: unknown;
  readonly detail: string;
}

const TYPE_TEXT: Record<FieldErrorType, string> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  Duplicate: 'Duplicate value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  NotFound: 'Not found',
  TooLong: 'Too long',
  TooMany: 'Too many',
};

/** `spec.containers[1].image: Required value` */
export function formatFieldError(error: FieldError): string {
  const parts = [error.field, TYPE_TEXT[error.type]];
  if ('badValue' in error) parts.push(formatValue(error.badValue));
  if (error.detail !== '') parts.push(error.detail);
  return parts.join(': ');
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'null';
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

/** Gathers the errors of one object, so that its author sees all of them at once. */
export class FieldErrors {
  readonly list: FieldError[] = [];

  required(field: string, detail = ''): void {
    this.list.push({ field, type: 'Required', detail });
  }

  invalid(field: string, badValue: unknown, detail: string): void {
    this.list.push({ field, type: 'Invalid', badValue, detail });
  }

  duplicate(field: string, badValue: unknown): void {
    this.list.push({ field, type: 'Duplicate', badValue, detail: '' });
  }

  notSupported(field: string, badValue: unknown, supported: readonly string[]): void {
    const values = [...supported].sort().map((value) => JSON.stringify(value));
    this.list.push({
      field,
      type: 'NotSupported',
      badValue,
      detail: `supported values: ${values.join(', ')}`,
    });
  }

  forbidden(field: string, detail: string): void {
    this.list.push({ field, type: 'Forbidden', detail });
  }

  notFound(field: string, badValue: unknown): void {
    this.list.push({ field, type: 'NotFound', badValue, detail: '' });
  }

  tooLong(field: string, maxBytes: number): void {
    this.list.push({ field, type: 'TooLong', detail: `may not be more than ${maxBytes} bytes` });
  }

  tooMany(field: string, actual: number, max: number): void {
    this.list.push({ field, type: 'TooMany', badValue: actual, detail: `must have at most ${max} items` });
  }

  /** Each of `problems` is a complaint about the same value. */
  invalidFor(field: string, badValue: unknown, problems: readonly string[]): void {
    if (problems.length > 0) for (const problem of problems) this.invalid(field, badValue, problem);
  }

  addAll(errors: readonly FieldError[]): void {
    this.list.push(...errors);
  }
}

/** An object that its fields' values forbid: `Pod "x" is invalid: spec.containers: Required value`. */
export class InvalidObjectError extends PeapodError {
  readonly kind: string;
  readonly objectName: string;
  readonly errors: readonly FieldError[];

  constructor(kind: string, objectName: string, errors: readonly FieldError[]) {
    super('Invalid', `${kind} ${JSON.stringify(objectName)} is invalid: ${aggregate(errors)}`);
    this.kind = kind;
    this.objectName = objectName;
    this.errors = errors;
  }
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(formatFieldError))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** @throws InvalidObjectError when there is any error */
export function assertNoFieldErrors(kind: string, objectName: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new InvalidObjectError(kind, objectName, errors);
}
