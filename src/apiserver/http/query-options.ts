import type { DeleteOptions } from '../../model/api/types.ts';
import { badRequest, StatusError } from '../errors/status-error.ts';
import type { Request } from './read-body.ts';
import { IGNORE_READ_ERROR } from '../registry/damage.ts';
import { isTrue } from './request-info.ts';

/** @throws StatusError BadRequest when it is no count */
export function readCount(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(count)) throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}`);
  return count;
}

/** @throws StatusError BadRequest for anything but `All` */
export function readDryRun(values: readonly string[]): boolean {
  if (values.length === 0) return false;
  const wrong = values.find((value) => value !== 'All');
  if (wrong === undefined) return true;
  throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`);
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** @throws StatusError BadRequest */
export function readFieldValidation(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  );
}

const MAX_MANAGER = 128;

/** Who writes: as the query says, else the program's name in `User-Agent`. */
export function readFieldManager(query: URLSearchParams, request: Request): string {
  const given = query.get('fieldManager') ?? '';
  if (given.length > MAX_MANAGER || /[^\x20-\x7e]/.test(given)) {
    throw badRequest(
      `fieldManager: Invalid value: ${JSON.stringify(given)}: may not be more than 128 bytes of printable characters`,
    );
  }
  if (given !== '') return given;
  const agent = request.headers['user-agent'] ?? '';
  return (agent.split('/')[0] ?? '').slice(0, MAX_MANAGER) || 'unknown';
}

/** Of the query, or of the body where there is one. */
export function readDeleteOptions(query: URLSearchParams, body: Buffer): DeleteOptions {
  const fromQuery: DeleteOptions = {};
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null) fromQuery.gracePeriodSeconds = Number(grace);
  const policy = query.get('propagationPolicy');
  if (policy !== null) fromQuery.propagationPolicy = policy;
  const orphan = query.get('orphanDependents');
  if (orphan !== null) fromQuery.orphanDependents = isTrue(orphan);
  if (query.has(IGNORE_READ_ERROR)) fromQuery[IGNORE_READ_ERROR] = isTrue(query.get(IGNORE_READ_ERROR));
  const dryRun = query.getAll('dryRun');
  if (dryRun.length > 0) fromQuery.dryRun = dryRun;
  const options = { ...fromQuery, ...parseOptions(body) };
  checkDeleteOptions(options);
  return options;
}

function parseOptions(body: Buffer): DeleteOptions {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch (cause) {
    throw new StatusError('BadRequest', 'the body is no DeleteOptions: it is no JSON', undefined, cause);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw badRequest('the body is no DeleteOptions');
}

function checkDeleteOptions({
  gracePeriodSeconds,
  propagationPolicy,
  orphanDependents,
}: DeleteOptions): void {
  if (gracePeriodSeconds !== undefined && !Number.isSafeInteger(gracePeriodSeconds)) {
    throw badRequest(
      `gracePeriodSeconds: Invalid value: ${JSON.stringify(gracePeriodSeconds)}: must be an integer`,
    );
  }
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    throw badRequest(
      'propagationPolicy: Invalid value: orphanDependents and deletionPropagation cannot be both set',
    );
  }
  if (
    propagationPolicy !== undefined &&
    !['Foreground', 'Background', 'Orphan'].includes(propagationPolicy)
  ) {
    throw badRequest(
      `propagationPolicy: Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
  }
}
