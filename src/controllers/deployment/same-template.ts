import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../model/api/types.ts';
import { canonical } from '../template-hash.ts';

export const HASH_LABEL = 'pod-template-hash';

/** Whether a set was made of the deployment's present template. */
export function isSameTemplate({ spec }: Deployment, set: ReplicaSet): boolean {
  return canonical(spec?.template) === canonical(withoutHash(set.spec?.template));
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (template?.metadata?.labels === undefined) return template;
  const { [HASH_LABEL]: _, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}
