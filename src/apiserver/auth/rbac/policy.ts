/**
 * What rules allow.
 * @see kubernetes/plugin/pkg/auth/authorizer/rbac/rbac.go, kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go
 */
import type { PolicyRule } from '../../../model/api/types.ts';
import type { AccessRequest } from '../../user-info.ts';

const ALL = '*';

export function ruleAllows(rule: PolicyRule, { verb, resource, path }: AccessRequest): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (resource === undefined) return (rule.nonResourceURLs ?? []).some((url) => matchesPath(url, path ?? ''));
  const { group, name, subresource } = resource;
  if (!has(rule.apiGroups, group)) return false;
  if (!matchesResource(rule.resources ?? [], resource.resource, subresource ?? '')) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name ?? '');
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return (list ?? []).some((one) => one === ALL || one === value);
}

function matchesResource(resources: readonly string[], resource: string, subresource: string): boolean {
  const wanted = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (one) => one === ALL || one === wanted || (subresource !== '' && one === `*/${subresource}`),
  );
}

function matchesPath(pattern: string, path: string): boolean {
  if (pattern === ALL || pattern === path) return true;
  return pattern.endsWith(ALL) && path.startsWith(pattern.slice(0, -1));
}

/** The parts of `wanted` that no rule of `held` covers; each rule broken down into single verbs, resources and names. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(atoms).filter((atom) => !held.some((rule) => covers(rule, atom)));
}

/** One verb on one resource (or path), and one name if the rule has any. */
function atoms(rule: PolicyRule): PolicyRule[] {
  const made: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) made.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const base = { verbs: [verb], apiGroups: [group], resources: [resource] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) made.push(base);
        else made.push(...names.map((name) => ({ ...base, resourceNames: [name] })));
      }
    }
  }
  return made;
}

function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  const [verb = ''] = atom.verbs;
  if (!has(rule.verbs, verb)) return false;
  const [url] = atom.nonResourceURLs ?? [];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, url));
  const [group = ''] = atom.apiGroups ?? [];
  const [resource = ''] = atom.resources ?? [];
  const [base = '', subresource = ''] = resource.split('/', 2);
  if (!has(rule.apiGroups, group) || !matchesResource(rule.resources ?? [], base, subresource)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(atom.resourceNames?.[0] ?? '');
}
