/**
 * Acting as somebody else, for who may.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation.go
 */
import { badRequest, forbidden } from '../errors/status-error.ts';
import type { Request } from '../http/read-body.ts';
import type { Authorizer, UserInfo } from '../user-info.ts';

const ACCOUNT_PREFIX = 'system:serviceaccount:';
const PREFIX = 'impersonate-';
const EXTRA_PREFIX = 'impersonate-extra-';

/**
 * Whom the request is to be judged as: the caller, unless it has `Impersonate-…` headers.
 * @throws StatusError Forbidden when the caller may not; BadRequest when groups come without a user
 */
export async function impersonated(
  request: Request,
  caller: UserInfo,
  authorizer: Authorizer,
): Promise<UserInfo> {
  const name = single(request.headers['impersonate-user']);
  const uid = single(request.headers['impersonate-uid']);
  const groups = values(request, 'impersonate-group');
  const extra = extraOf(request);
  if (name === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return caller;
    throw badRequest('requested impersonation of groups, uid or extra without impersonating a user');
  }
  const account = accountOf(name);
  await demand(
    authorizer,
    caller,
    account === undefined ? 'users' : 'serviceaccounts',
    account?.name ?? name,
    account?.namespace,
  );
  for (const group of groups) await demand(authorizer, caller, 'groups', group);
  if (uid !== '') await demand(authorizer, caller, 'uids', uid);
  for (const [key, list] of Object.entries(extra))
    for (const value of list) await demand(authorizer, caller, `userextras/${key}`, value);
  return {
    name,
    groups: groupsOf(name, account?.namespace, groups),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** Nearly nobody does: that is found out first. */
export function impersonates({ headers }: Request): boolean {
  for (const header in headers) if (header.startsWith(PREFIX)) return true;
  return false;
}

async function demand(
  authorizer: Authorizer,
  caller: UserInfo,
  what: string,
  name: string,
  namespace?: string,
): Promise<void> {
  const [resource = '', subresource] = what.split('/', 2);
  const group = resource === 'userextras' || resource === 'uids' ? 'authentication.k8s.io' : '';
  const { allowed } = await authorizer.authorize({
    user: caller,
    verb: 'impersonate',
    resource: {
      group,
      version: 'v1',
      resource,
      name,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
    },
  });
  if (allowed) return;
  const where =
    namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const why = `User ${JSON.stringify(caller.name)} cannot impersonate resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`;
  throw forbidden({ group, plural: resource }, name, why);
}

function groupsOf(name: string, namespace: string | undefined, groups: readonly string[]): string[] {
  const own =
    groups.length > 0 || namespace === undefined
      ? [...groups]
      : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const basic = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return own.includes(basic) ? own : [...own, basic];
}

function accountOf(name: string): { namespace: string; name: string } | undefined {
  if (!name.startsWith(ACCOUNT_PREFIX)) return undefined;
  const [namespace = '', account = ''] = name.slice(ACCOUNT_PREFIX.length).split(':', 2);
  return { namespace, name: account };
}

function extraOf(request: Request): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(request.headers)) {
    if (header.startsWith(EXTRA_PREFIX))
      extra[decodeURIComponent(header.slice(EXTRA_PREFIX.length))] = values(request, header);
  }
  return extra;
}

/** Every value of a header that may come more than once. */
function values(request: Request, name: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const value = request.rawHeaders[at + 1];
    if (request.rawHeaders[at]?.toLowerCase() === name && value !== undefined) found.push(value);
  }
  return found;
}

function single(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}
