/** PodGroups, those that are there and those that Workloads stand for. */
import type { PodGroupTemplateV1alpha2 } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { type Gang, readPodGroup } from '../gang/pod-group.ts';
import { type ClusterObject, namespacedName, objectsOf, readingFrom } from './cluster-objects.ts';

/**
 * By `namespace/name`. A template of a Workload that no PodGroup refers to stands for one PodGroup named
 * `WORKLOAD-TEMPLATE`.
 */
export function readGangs(objects: readonly ClusterObject[]): Map<string, Gang> {
  const gangs = new Map<string, Gang>();
  const add = (origin: string, group: unknown): void => {
    const gang = readingFrom(origin, () => readPodGroup(group));
    if (gangs.has(gang.key)) {
      throw new PeapodError(
        'AlreadyExists',
        `${origin}: PodGroup ${JSON.stringify(gang.key)} is invalid: metadata.name: Duplicate value: there is such a group already`,
      );
    }
    gangs.set(gang.key, gang);
  };
  const referred = new Set<string>();
  for (const { object, origin } of objectsOf(objects, 'PodGroup')) {
    add(origin, object);
    referred.add(templateOf(object));
  }
  for (const { object, origin } of objectsOf(objects, 'Workload')) {
    const { name, namespace = 'default' } = object.metadata ?? {};
    for (const template of object.spec?.podGroupTemplates ?? []) {
      if (referred.has(`${namespacedName(object)}/${template.name}`)) continue;
      add(origin, groupOf(`${name}-${template.name}`, namespace, template));
    }
  }
  return gangs;
}

function groupOf(name: string, namespace: string, template: PodGroupTemplateV1alpha2): object {
  const { name: _, ...spec } = template;
  return { apiVersion: 'scheduling.k8s.io/v1beta1', kind: 'PodGroup', metadata: { name, namespace }, spec };
}

/** `namespace/workload/template` that the group was made of. */
function templateOf(group: { readonly metadata?: { namespace?: string }; readonly spec?: unknown }): string {
  const spec = (group.spec ?? {}) as {
    podGroupTemplateRef?: { workload?: { workloadName?: string; podGroupTemplateName?: string } };
  };
  const { workloadName, podGroupTemplateName } = spec.podGroupTemplateRef?.workload ?? {};
  return `${group.metadata?.namespace || 'default'}/${workloadName}/${podGroupTemplateName}`;
}
