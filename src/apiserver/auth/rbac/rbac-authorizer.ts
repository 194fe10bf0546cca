import type { AccessDecision, AccessRequest, Authorizer } from '../../user-info.ts';
import { ruleAllows } from './policy.ts';
import { type RbacObjects, rulesOfUser } from './rules-of-user.ts';

export const MASTERS = 'system:masters';

/** Allows what some role that is bound to the user allows. Whoever is of `system:masters` may do everything. */
export function createRbacAuthorizer(objects: RbacObjects): Authorizer {
  return {
    authorize: (request: AccessRequest): AccessDecision => {
      if (request.user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
      const namespace = request.resource?.namespace;
      for (const { rule, grant } of rulesOfUser(objects, request.user, namespace))
        if (ruleAllows(rule, request)) return { allowed: true, reason: grant };
      return { allowed: false, reason: '' };
    },
  };
}
