import { matchesLabelSelector } from '../../../model/label-selector.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../../model/api/types.ts';
import type { UserInfo } from '../../user-info.ts';

/** The RBAC objects as they are now. */
export interface RbacObjects {
  readonly clusterRoleBindings: () => readonly ClusterRoleBinding[];
  readonly roleBindings: (namespace: string) => readonly RoleBinding[];
  readonly role: (namespace: string, name: string) => Role | undefined;
  readonly clusterRole: (name: string) => ClusterRole | undefined;
  readonly clusterRoles: () => readonly ClusterRole[];
}

export interface GrantedRule {
  readonly rule: PolicyRule;
  /** For the reason: `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. */
  readonly grant: string;
}

/** All rules that hold for a user, in a namespace or (with none) in the whole cluster. */
export function* rulesOfUser(
  objects: RbacObjects,
  user: UserInfo,
  namespace: string | undefined,
): Generator<GrantedRule> {
  for (const binding of objects.clusterRoleBindings()) {
    yield* granted(objects, 'ClusterRoleBinding', binding, binding.metadata?.name ?? '', user, undefined);
  }
  if (namespace === undefined) return;
  for (const binding of objects.roleBindings(namespace)) {
    const name = `${binding.metadata?.name ?? ''}/${namespace}`;
    yield* granted(objects, 'RoleBinding', binding, name, user, namespace);
  }
}

function* granted(
  objects: RbacObjects,
  kind: string,
  { subjects = [], roleRef }: ClusterRoleBinding | RoleBinding,
  name: string,
  user: UserInfo,
  namespace: string | undefined,
): Generator<GrantedRule> {
  const subject = subjects.find((one) => isSubject(one, user, namespace));
  if (subject === undefined) return;
  const grant = `RBAC: allowed by ${kind} ${JSON.stringify(name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(subject.name)}`;
  for (const rule of rulesOfRole(objects, roleRef, namespace)) yield { rule, grant };
}

function isSubject(
  { kind, name, namespace }: Subject,
  user: UserInfo,
  bindingNamespace: string | undefined,
): boolean {
  if (kind === 'User') return user.name === name;
  if (kind === 'Group') return user.groups.includes(name);
  const account = `system:serviceaccount:${namespace ?? bindingNamespace ?? ''}:${name}`;
  return kind === 'ServiceAccount' && user.name === account;
}

/** The rules of the role that a binding names; none when it is not there. */
export function rulesOfRole(
  objects: RbacObjects,
  { kind, name }: RoleRef,
  namespace: string | undefined,
): readonly PolicyRule[] {
  if (kind === 'Role') return objects.role(namespace ?? '', name)?.rules ?? [];
  const role = objects.clusterRole(name);
  return role === undefined ? [] : rulesOfClusterRole(objects, role);
}

/** Its own, or those of the roles that it aggregates. */
export function rulesOfClusterRole(objects: RbacObjects, role: ClusterRole): readonly PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (selectors === undefined) return role.rules ?? [];
  return objects
    .clusterRoles()
    .filter((other) => other.metadata?.name !== role.metadata?.name)
    .filter(({ metadata }) => selectors.some((one) => matchesLabelSelector(one, metadata?.labels)))
    .flatMap(({ rules = [] }) => rules);
}
