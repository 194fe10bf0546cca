import { define, PLAIN } from './define.ts';

/** Questions: made, answered, and not kept. */
function reviewKind(group: string, kind: string, namespaced = false) {
  return define({
    group,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced,
    strategy: PLAIN,
    verbs: ['create'],
  });
}

const AUTHORIZATION = 'authorization.k8s.io';
const AUTHENTICATION = 'authentication.k8s.io';

export const reviewResources = [
  reviewKind(AUTHORIZATION, 'SelfSubjectAccessReview'),
  reviewKind(AUTHORIZATION, 'SelfSubjectRulesReview'),
  reviewKind(AUTHORIZATION, 'SubjectAccessReview'),
  reviewKind(AUTHORIZATION, 'LocalSubjectAccessReview', true),
  reviewKind(AUTHENTICATION, 'TokenReview'),
  reviewKind(AUTHENTICATION, 'SelfSubjectReview'),
];
