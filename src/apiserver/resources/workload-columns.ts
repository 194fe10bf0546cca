/** What the kinds that make pods have in common in tables and scales. */
import type { LabelSelector, Pod, PodTemplateSpec } from '../../model/api/types.ts';
import { podWarnings } from '../../model/fields/refused-fields.ts';
import { formatLabelSelector, labelRequirements } from '../../model/label-selector.ts';
import type { ApiObject } from '../api-object.ts';
import type { ScalePaths, TableColumn } from '../resource.ts';
import { column } from './define.ts';

interface Workload extends ApiObject {
  spec?: { replicas?: number; selector?: LabelSelector; template?: PodTemplateSpec };
  status?: { replicas?: number };
}

/** The last columns of `-o wide`. */
export function podColumns(
  templateOf: (object: ApiObject) => PodTemplateSpec | undefined,
): readonly TableColumn[] {
  const containers = (object: ApiObject) => templateOf(object)?.spec?.containers ?? [];
  return [
    column(
      'Containers',
      (object) =>
        containers(object)
          .map(({ name }) => name)
          .join(','),
      {
        priority: 1,
        description: 'Names of each container in the template.',
      },
    ),
    column(
      'Images',
      (object) =>
        containers(object)
          .map(({ image = '' }) => image)
          .join(','),
      {
        priority: 1,
        description: 'Images referenced by each container in the template.',
      },
    ),
  ];
}

export function selectorColumn(selectorOf: (object: ApiObject) => LabelSelector | undefined): TableColumn {
  return column('Selector', (object) => selectorText(selectorOf(object)), { priority: 1 });
}

/** In one line: `<none>` when everything is selected. */
function selectorText(selector: LabelSelector | undefined): string {
  const requirements = labelRequirements(selector ?? {}).sort((a, b) => (a.key < b.key ? -1 : 1));
  return formatLabelSelector(requirements) || '<none>';
}

export function templateOf(object: ApiObject): PodTemplateSpec | undefined {
  return (object as Workload).spec?.template;
}

export function selectorOf(object: ApiObject): LabelSelector | undefined {
  return (object as Workload).spec?.selector;
}

/** What will become of the pods, said of their template. */
export function templateWarnings(template: PodTemplateSpec | undefined, field: string): string[] {
  const pod: Pod = template?.spec === undefined ? {} : { spec: template.spec };
  const { annotations } = template?.metadata ?? {};
  if (annotations !== undefined) pod.metadata = { annotations };
  return podWarnings(pod, { server: true }).map((warning) => `${field}.${warning}`);
}

/** `spec.replicas`, `status.replicas` and `spec.selector`. */
export const REPLICAS: ScalePaths = {
  specReplicas: (object) => (object as Workload).spec?.replicas ?? 1,
  statusReplicas: (object) => (object as Workload).status?.replicas ?? 0,
  selector: (object) => formatLabelSelector(labelRequirements(selectorOf(object) ?? {})),
  withReplicas: (object, replicas) => ({ ...object, spec: { ...(object as Workload).spec, replicas } }),
};
