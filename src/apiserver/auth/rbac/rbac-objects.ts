import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../model/api/types.ts';
import type { WatchCache } from '../../cache/watch-cache.ts';
import type { RbacObjects } from './rules-of-user.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** The RBAC objects as the cache has them. */
export function rbacObjectsOf(cache: WatchCache): RbacObjects {
  const listed = <T>(plural: string, below = ''): readonly T[] => {
    const folder = `${plural}.${GROUP}`;
    return cache.list(folder, `/${folder}/${below}`).map(({ object }) => object as T);
  };
  const one = <T>(plural: string, path: string): T | undefined =>
    cache.get(`/${plural}.${GROUP}/${path}`)?.object as T | undefined;
  return {
    clusterRoleBindings: () => listed<ClusterRoleBinding>('clusterrolebindings'),
    roleBindings: (namespace) => listed<RoleBinding>('rolebindings', `${namespace}/`),
    role: (namespace, name) => one<Role>('roles', `${namespace}/${name}`),
    clusterRole: (name) => one<ClusterRole>('clusterroles', name),
    clusterRoles: () => listed<ClusterRole>('clusterroles'),
  };
}
