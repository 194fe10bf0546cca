import type { ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '../../model/api/types.ts';
import { FieldErrors } from '../../model/field-error.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, unchanged } from './define.ts';

const GROUP = 'rbac.authorization.k8s.io';

const created = column('Created At', ({ metadata }) => metadata?.creationTimestamp ?? '');

function roleKind(kind: 'Role' | 'ClusterRole') {
  const namespaced = kind === 'Role';
  const errorsOf = (object: ApiObject) => roleErrors(object as Role, namespaced);
  return define({
    group: GROUP,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced,
    strategy: {
      nameRule: 'path',
      applyDefaults: (object) => {
        object['rules'] ??= [];
        return object;
      },
      validateCreate: errorsOf,
      validateUpdate: errorsOf,
    },
    columns: [NAME_COLUMN, created],
  });
}

function bindingKind(kind: 'RoleBinding' | 'ClusterRoleBinding') {
  const namespaced = kind === 'RoleBinding';
  const subjectsOf = (object: ApiObject, subjectKind: string) =>
    ((object as unknown as RoleBinding).subjects ?? [])
      .filter((subject) => subject.kind === subjectKind)
      .map(({ name, namespace }) => (subjectKind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
      .join(', ');
  return define({
    group: GROUP,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced,
    strategy: {
      nameRule: 'path',
      applyDefaults: (object) => {
        const binding = object as unknown as RoleBinding;
        if (binding.roleRef !== undefined) binding.roleRef.apiGroup ||= GROUP;
        for (const subject of binding.subjects ?? []) {
          if (subject.kind !== 'ServiceAccount') subject.apiGroup ||= GROUP;
        }
        return object;
      },
      validateCreate: (object) => bindingErrors(object as unknown as RoleBinding, namespaced),
      validateUpdate: (next, previous) => [
        ...bindingErrors(next as unknown as RoleBinding, namespaced),
        ...unchanged(next, previous, ['roleRef']).map((error) => ({
          ...error,
          detail: 'cannot change roleRef',
        })),
      ],
    },
    columns: [
      NAME_COLUMN,
      column('Role', (object) => {
        const { kind: refKind, name } = (object as unknown as ClusterRoleBinding).roleRef;
        return `${refKind}/${name}`;
      }),
      AGE_COLUMN,
      column('Users', (object) => subjectsOf(object, 'User'), { priority: 1 }),
      column('Groups', (object) => subjectsOf(object, 'Group'), { priority: 1 }),
      column('ServiceAccounts', (object) => subjectsOf(object, 'ServiceAccount'), { priority: 1 }),
    ],
  });
}

export const rbacResources = [
  roleKind('Role'),
  bindingKind('RoleBinding'),
  roleKind('ClusterRole'),
  bindingKind('ClusterRoleBinding'),
];

function roleErrors({ rules = [] }: { rules?: PolicyRule[] }, namespaced: boolean): FieldErrors['list'] {
  const errors = new FieldErrors();
  for (const [index, rule] of rules.entries()) {
    const field = `rules[${index}]`;
    if ((rule.verbs ?? []).length === 0)
      errors.required(`${field}.verbs`, 'verbs must contain at least one value');
    const urls = rule.nonResourceURLs ?? [];
    if (urls.length > 0) {
      if (namespaced)
        errors.invalid(
          `${field}.nonResourceURLs`,
          urls,
          'namespaced rules cannot apply to non-resource URLs',
        );
      if (
        (rule.apiGroups ?? []).length + (rule.resources ?? []).length + (rule.resourceNames ?? []).length >
        0
      )
        errors.invalid(
          `${field}.nonResourceURLs`,
          urls,
          'rules cannot apply to both regular resources and non-resource URLs',
        );
      continue;
    }
    if ((rule.apiGroups ?? []).length === 0)
      errors.required(`${field}.apiGroups`, 'resource rules must supply at least one api group');
    if ((rule.resources ?? []).length === 0)
      errors.required(`${field}.resources`, 'resource rules must supply at least one resource');
  }
  return errors.list;
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

function bindingErrors({ roleRef, subjects = [] }: RoleBinding, namespaced: boolean): FieldErrors['list'] {
  const errors = new FieldErrors();
  const kinds = namespaced ? ['ClusterRole', 'Role'] : ['ClusterRole'];
  if (roleRef?.apiGroup !== GROUP) errors.notSupported('roleRef.apiGroup', roleRef?.apiGroup ?? '', [GROUP]);
  if (!kinds.includes(roleRef?.kind ?? '')) errors.notSupported('roleRef.kind', roleRef?.kind ?? '', kinds);
  if (!roleRef?.name) errors.required('roleRef.name');
  for (const [index, { kind, name, namespace }] of subjects.entries()) {
    const field = `subjects[${index}]`;
    if (!name) errors.required(`${field}.name`);
    if (!SUBJECT_KINDS.includes(kind)) errors.notSupported(`${field}.kind`, kind, SUBJECT_KINDS);
    if (kind === 'ServiceAccount' && !namespace && !namespaced) errors.required(`${field}.namespace`);
  }
  return errors.list;
}
