/**
 * Nobody gives away more than they have: a role's rules, or those of the role that a binding names, must be among the
 * writer's own, unless they hold `escalate` or `bind` on the role.
 * @see kubernetes/pkg/registry/rbac/escalation_check.go
 */
import type { PolicyRule, RoleRef } from '../../../model/api/types.ts';
import type { ApiObject } from '../../api-object.ts';
import { forbidden } from '../../errors/status-error.ts';
import type { AdmissionRequest } from '../../registry/request-scope.ts';
import type { UserInfo } from '../../user-info.ts';
import { ruleAllows, uncovered } from './policy.ts';
import { MASTERS } from './rbac-authorizer.ts';
import { type RbacObjects, rulesOfRole, rulesOfUser } from './rules-of-user.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** @throws StatusError Forbidden */
export function checkEscalation(objects: RbacObjects, request: AdmissionRequest): void {
  const { scope, object, previous, context, operation, name } = request;
  if (scope.resource.group !== GROUP || object === undefined || operation === 'DELETE') return;
  if (context.user.groups.includes(MASTERS)) return;
  const namespace = scope.namespace === '' ? undefined : scope.namespace;
  if (scope.resource.kind.endsWith('Binding')) {
    const roleRef = object['roleRef'] as RoleRef | undefined;
    if (
      roleRef === undefined ||
      mayOnRole(objects, context.user, 'bind', roleRef.kind, roleRef.name, namespace)
    )
      return;
    return demand(objects, request, rulesOfRole(objects, roleRef, namespace), namespace);
  }
  if (mayOnRole(objects, context.user, 'escalate', scope.resource.kind, name, namespace)) return;
  if (previous !== undefined && JSON.stringify(rulesIn(object)) === JSON.stringify(rulesIn(previous))) return;
  const isAggregated = object['aggregationRule'] !== undefined;
  // What such a role will come to hold nobody knows.
  const everything: PolicyRule[] = [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ];
  demand(objects, request, isAggregated ? everything : rulesIn(object), namespace);
}

function rulesIn(object: ApiObject): readonly PolicyRule[] {
  return (object['rules'] as PolicyRule[] | undefined) ?? [];
}

function mayOnRole(
  objects: RbacObjects,
  user: UserInfo,
  verb: string,
  kind: string,
  name: string,
  namespace: string | undefined,
): boolean {
  const resource = {
    group: GROUP,
    version: 'v1',
    resource: kind === 'Role' ? 'roles' : 'clusterroles',
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  for (const { rule } of rulesOfUser(objects, user, namespace))
    if (ruleAllows(rule, { user, verb, resource })) return true;
  return false;
}

function demand(
  objects: RbacObjects,
  { scope, name, context }: AdmissionRequest,
  rules: readonly PolicyRule[],
  namespace: string | undefined,
): void {
  const held = [...rulesOfUser(objects, context.user, namespace)].map(({ rule }) => rule);
  const missing = uncovered(held, rules);
  if (missing.length === 0) return;
  const groups = `[${context.user.groups.map((group) => JSON.stringify(group)).join(' ')}]`;
  const why = `user ${JSON.stringify(context.user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${missing.map(formatRule).join('\n')}`;
  throw forbidden(scope.resource, name, why);
}

function formatRule({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined): string[] =>
    (values ?? []).length === 0 ? [] : [`${name}:${JSON.stringify(values)}`];
  const parts = [
    ...list('APIGroups', apiGroups),
    ...list('Resources', resources),
    ...list('ResourceNames', resourceNames),
    ...list('NonResourceURLs', nonResourceURLs),
    ...list('Verbs', verbs),
  ];
  return `{${parts.join(', ')}}`;
}
