import type { Pod } from '../model/api/types.ts';

export interface PodIdentity {
  name: string;
  namespace: string;
  uid: string;
}

export function podIdentity(pod: Pod): PodIdentity {
  const { name = '', namespace = 'default', uid = '' } = pod.metadata ?? {};
  return { name, namespace, uid };
}

/** `web_default(1234)`, as messages name a pod. */
export function describePodIdentity(pod: Pod): string {
  const { name, namespace, uid } = podIdentity(pod);
  return `${name}_${namespace}(${uid})`;
}
