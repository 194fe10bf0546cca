/** Questions about access: nothing is stored, the answer is the review with its status. */
import type {
  PolicyRule,
  ResourceAttributes,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { type RbacObjects, rulesOfUser } from '../auth/rbac/rules-of-user.ts';
import { MASTERS } from '../auth/rbac/rbac-authorizer.ts';
import type { CallHandler, ResourceCall } from '../http/api.ts';
import { readObject } from '../http/read-object.ts';
import { sendJson } from '../http/respond.ts';
import { StatusError } from '../errors/status-error.ts';
import type { AccessRequest, Authorizer, UserInfo } from '../user-info.ts';

export interface ReviewDeps {
  readonly authorizer: Authorizer;
  readonly rbac: RbacObjects;
  readonly tokens: ServiceAccountTokens;
}

type Answer = (call: ResourceCall, review: ApiObject) => Promise<object> | object;

function review(answer: Answer): CallHandler {
  return async (call) => {
    const asked = await readObject(call, call.resource);
    const status = await answer(call, asked);
    const { apiVersion, kind } = {
      apiVersion: `${call.resource.group}/${call.resource.version}`,
      kind: call.resource.kind,
    };
    sendJson(call.response, 201, {
      apiVersion,
      kind,
      metadata: { creationTimestamp: null, ...asked.metadata },
      spec: asked['spec'] ?? {},
      status,
    });
  };
}

/** By `group/plural/`. */
export function reviewHandlers({ authorizer, rbac, tokens }: ReviewDeps): Map<string, CallHandler> {
  const access = (userOf: (call: ResourceCall, spec: SubjectAccessReview['spec']) => UserInfo) =>
    review(async (call, asked) => {
      const spec = (asked as unknown as SubjectAccessReview).spec;
      const { resourceAttributes, nonResourceAttributes } = spec;
      const user = userOf(call, spec);
      const request: AccessRequest =
        resourceAttributes === undefined
          ? { user, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
          : { user, verb: resourceAttributes.verb ?? '', resource: accessed(resourceAttributes, call) };
      const { allowed, reason } = await authorizer.authorize(request);
      return { allowed, ...(reason === '' ? {} : { reason }) };
    });
  const named = (
    _call: ResourceCall,
    { user = '', groups = [], uid }: SubjectAccessReview['spec'],
  ): UserInfo => ({
    name: user,
    groups,
    ...(uid === undefined ? {} : { uid }),
  });
  return new Map([
    ['authorization.k8s.io/selfsubjectaccessreviews/', access((call) => call.user)],
    ['authorization.k8s.io/subjectaccessreviews/', access(named)],
    ['authorization.k8s.io/localsubjectaccessreviews/', access(named)],
    [
      'authorization.k8s.io/selfsubjectrulesreviews/',
      review((call, asked) => rulesFor(rbac, call.user, asked as unknown as SelfSubjectRulesReview)),
    ],
    ['authentication.k8s.io/selfsubjectreviews/', review(({ user }) => ({ userInfo: wireUser(user) }))],
    [
      'authentication.k8s.io/tokenreviews/',
      review((_call, asked) => tokenStatus(tokens, asked as unknown as TokenReview)),
    ],
  ]);
}

function accessed(
  attributes: ResourceAttributes,
  call: ResourceCall,
): NonNullable<AccessRequest['resource']> {
  const { group = '', version = '', resource = '', subresource, name } = attributes;
  const namespace = attributes.namespace || call.target.namespace;
  return {
    group,
    version,
    resource,
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
  };
}

function rulesFor(rbac: RbacObjects, user: UserInfo, { spec }: SelfSubjectRulesReview): object {
  const everything: PolicyRule[] = [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ];
  const rules = user.groups.includes(MASTERS)
    ? everything
    : [...rulesOfUser(rbac, user, spec.namespace || undefined)].map(({ rule }) => rule);
  return {
    resourceRules: rules
      .filter(({ resources }) => (resources ?? []).length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        resourceNames,
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => (nonResourceURLs ?? []).length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

async function tokenStatus(tokens: ServiceAccountTokens, { spec }: TokenReview): Promise<object> {
  const audiences = spec.audiences ?? [];
  try {
    const user = await tokens.verify(spec.token ?? '', audiences.length === 0 ? undefined : audiences);
    return { authenticated: true, user: wireUser(user), ...(audiences.length === 0 ? {} : { audiences }) };
  } catch (error) {
    if (error instanceof StatusError)
      return { authenticated: false, user: {}, error: 'invalid bearer token' };
    throw error;
  }
}

function wireUser({ name, uid, groups, extra }: UserInfo): object {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  };
}
