import { isPeapodError } from '../../model/errors.ts';
import { type ServedObject, servedAs } from '../cache/served-object.ts';
import { StoredObject } from '../cache/stored-object.ts';
import {
  badRequest,
  expired,
  expiredPage,
  invalidListOptions,
  StatusError,
  unsupportedListOption,
} from '../errors/status-error.ts';
import { continueToken, readContinueToken } from './continue-token.ts';
import type { Registry } from './registry.ts';
import { type Scope, storePrefix } from './request-scope.ts';
import { type Selection, selectedName, selects } from './selection.ts';

export interface ListQuery {
  readonly selection: Selection;
  /** 0: all of them. */
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

export interface ObjectPage {
  readonly items: readonly ServedObject[];
  readonly revision: number;
  /** Asks for the next page; empty on the last. */
  readonly continueToken: string;
  /** How many come after this page, where that is known. */
  readonly remaining: number | undefined;
}

const MATCHES = ['Exact', 'NotOlderThan', ''];

/**
 * The objects of the scope, as of one revision.
 * @throws StatusError Expired when the revision or token is too old, BadRequest, Timeout when the revision is still to come
 */
export async function listObjects(registry: Registry, scope: Scope, query: ListQuery): Promise<ObjectPage> {
  const exact = exactRevision(query);
  if (exact !== undefined) return listAt(registry, scope, query, exact);
  await registry.cache.caughtUp();
  checkNotInTheFuture(query.resourceVersion, registry.cache.revision);
  const { revision } = registry.cache;
  const found = registry.cache.list(scope.resource.storedAs, storePrefix(scope));
  const name = selectedName(query.selection);
  const named = name === undefined ? found : found.filter(({ key }) => key.endsWith(`/${name}`));
  return page(scope, query, named, revision);
}

interface ListFrom {
  /** Nothing: the newest. */
  readonly revision: number | undefined;
  readonly afterKey?: string;
}

/** A page that continues an earlier one, and a list at an exact version, come from the store, which remembers. */
function exactRevision(query: ListQuery): ListFrom | undefined {
  checkMatch(query);
  if (query.continueToken !== '') {
    if (query.resourceVersion !== '' && query.resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
    return readContinueToken(query.continueToken);
  }
  if (query.resourceVersionMatch !== 'Exact') return undefined;
  return { revision: readRevision(query.resourceVersion) };
}

/** @see kubernetes/staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go */
function checkMatch({ resourceVersionMatch: match, resourceVersion, continueToken: token }: ListQuery): void {
  const field = 'resourceVersionMatch';
  if (match === '') return;
  if (token !== '') throw invalidListOptions(field, `${field} is forbidden when continue is provided`);
  if (resourceVersion === '')
    throw invalidListOptions(field, `${field} is forbidden unless resourceVersion is provided`);
  if (match !== 'Exact' && match !== 'NotOlderThan') throw unsupportedListOption(field, match, MATCHES);
  if (match === 'Exact' && resourceVersion === '0')
    throw invalidListOptions(field, `${field} "exact" is forbidden for resourceVersion "0"`);
}

async function listAt(
  registry: Registry,
  scope: Scope,
  query: ListQuery,
  { revision, afterKey }: ListFrom,
): Promise<ObjectPage> {
  const prefix = storePrefix(scope);
  try {
    // Who selects may have to look at many to find few.
    const limit = query.selection.isEmpty && query.limit > 0 ? { limit: query.limit } : {};
    const listed = await registry.store.list({
      prefix,
      ...(revision === undefined ? {} : { revision }),
      ...limit,
      ...(afterKey === undefined ? {} : { afterKey: `${prefix}${afterKey}` }),
    });
    return page(
      scope,
      query,
      listed.entries
        .filter(({ key }) => !registry.cache.damaged.has(key))
        .map((entry) => new StoredObject(entry)),
      listed.revision,
      listed.remaining,
    );
  } catch (error) {
    if (isPeapodError(error, 'Expired')) {
      throw afterKey === undefined
        ? expired('The resourceVersion for the provided list is too old.')
        : expiredPage(continueToken(undefined, afterKey));
    }
    if (isPeapodError(error, 'Invalid') && revision !== undefined) throw tooNew(revision);
    throw error;
  }
}

/** @param beyond how many more there are that were not looked for */
function page(
  scope: Scope,
  query: ListQuery,
  found: readonly StoredObject[],
  revision: number,
  beyond = 0,
): ObjectPage {
  const { resource } = scope;
  const { selection, limit } = query;
  const items: ServedObject[] = [];
  for (const [index, stored] of found.entries()) {
    const served = servedAs(resource, stored);
    if (!selection.isEmpty && !selects(resource, selection, served.object)) continue;
    items.push(served);
    const rest = found.length - 1 - index + beyond;
    if (limit === 0 || items.length < limit || rest === 0) continue;
    const token = continueToken(revision, stored.key.slice(storePrefix(scope).length));
    return { items, revision, continueToken: token, remaining: selection.isEmpty ? rest : undefined };
  }
  return { items, revision, continueToken: '', remaining: undefined };
}

export function readRevision(text: string): number {
  const revision = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(revision)) return revision;
  throw badRequest(
    `invalid resource version ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

export function checkNotInTheFuture(text: string, newest: number): void {
  if (text !== '' && readRevision(text) > newest) throw tooNew(readRevision(text), newest);
}

function tooNew(revision: number, newest?: number): StatusError {
  const current = newest === undefined ? '' : `, current: ${newest}`;
  return new StatusError('Timeout', `Too large resource version: ${revision}${current}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
}
