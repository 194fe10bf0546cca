import type { Authorizer } from '../user-info.ts';
import { createNodeAuthorizer, type NodeObjects, nodeOf } from './node-authorizer.ts';
import { createRbacAuthorizer } from './rbac/rbac-authorizer.ts';
import type { RbacObjects } from './rbac/rules-of-user.ts';

/** Nodes are judged by what they have to do with; everybody else by roles. */
export function createAuthorizer(rbac: RbacObjects, nodes: NodeObjects): Authorizer {
  const byNode = createNodeAuthorizer(nodes);
  const byRole = createRbacAuthorizer(rbac);
  return {
    authorize: (request) => (nodeOf(request.user) === undefined ? byRole : byNode).authorize(request),
  };
}
