import type { Node } from '../../model/api/types.ts';
import { FieldErrors } from '../../model/field-error.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';

const ROLE_LABEL = 'node-role.kubernetes.io/';
const NONE = '<none>';

export const nodes = define({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  strategy: {
    applyDefaults: (object) => {
      const node = object as Node;
      node.spec ??= {};
      const { status } = node;
      if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
      return object;
    },
    validateCreate: (object) => taintErrors(object),
    validateUpdate: (next, previous) => {
      const errors = new FieldErrors();
      errors.addAll(taintErrors(next));
      for (const field of ['podCIDR', 'providerID'] as const) {
        const before = (previous as Node).spec?.[field];
        if (before && before !== (next as Node).spec?.[field])
          errors.forbidden(`spec.${field}`, `node updates may not change ${field} except from "" to valid`);
      }
      return errors.list;
    },
  },
  columns: [
    NAME_COLUMN,
    column('Status', (object) => statusOf(object), { description: 'The status of the node' }),
    column('Roles', (object) => rolesOf(object), { description: 'The roles of the node' }),
    AGE_COLUMN,
    column('Version', (object) => info(object).kubeletVersion ?? '', {
      description: 'Kubelet Version reported by the node.',
    }),
    column('Internal-IP', (object) => addressOf(object, 'InternalIP'), { priority: 1 }),
    column('External-IP', (object) => addressOf(object, 'ExternalIP'), { priority: 1 }),
    column('OS-Image', (object) => info(object).osImage ?? '<unknown>', { priority: 1 }),
    column('Kernel-Version', (object) => info(object).kernelVersion ?? '<unknown>', { priority: 1 }),
    column('Container-Runtime', (object) => info(object).containerRuntimeVersion ?? '<unknown>', {
      priority: 1,
    }),
  ],
  selectableFields: {
    'spec.unschedulable': (object) => String((object as Node).spec?.unschedulable ?? false),
  },
});

function info(object: ApiObject): Partial<NonNullable<NonNullable<Node['status']>['nodeInfo']>> {
  return (object as Node).status?.nodeInfo ?? {};
}

function statusOf({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function rolesOf({ metadata }: ApiObject): string {
  const roles = Object.keys(metadata?.labels ?? {})
    .filter((label) => label.startsWith(ROLE_LABEL))
    .map((label) => label.slice(ROLE_LABEL.length));
  return roles.sort().join(',') || NONE;
}

function addressOf({ status }: Node, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? NONE;
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function taintErrors({ spec }: Node): FieldErrors['list'] {
  const errors = new FieldErrors();
  const seen = new Set<string>();
  for (const [index, { key, effect }] of (spec?.taints ?? []).entries()) {
    const field = `spec.taints[${index}]`;
    if (!key) errors.required(`${field}.key`);
    if (!EFFECTS.includes(effect)) errors.notSupported(`${field}.effect`, effect, EFFECTS);
    const both = `${key}:${effect}`;
    if (seen.has(both)) errors.duplicate(field, { key, effect });
    seen.add(both);
  }
  return errors.list;
}
