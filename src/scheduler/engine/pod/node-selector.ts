/**
 * Node selectors and `nodeSelector`, read once and matched against nodes.
 * @see kubernetes/staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go
 */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import type { NodeInfo } from '../state/node-info.ts';
import { checkCount } from './limits.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];
const FIELD_OPERATORS = ['In', 'NotIn'];

export type NodeTest = (node: NodeInfo) => boolean;

/** Terms are alternatives; an empty one selects no node. */
export function compileNodeSelector(selector: NodeSelector, field: string, errors: FieldErrors): NodeTest {
  const terms = selector.nodeSelectorTerms ?? [];
  checkCount(terms, `${field}.nodeSelectorTerms`, errors);
  const tests = terms.map((term, index) =>
    compileNodeSelectorTerm(term, `${field}.nodeSelectorTerms[${index}]`, errors),
  );
  return (node) => tests.some((test) => test(node));
}

export function isEmptyTerm(term: NodeSelectorTerm): boolean {
  return (term.matchExpressions ?? []).length === 0 && (term.matchFields ?? []).length === 0;
}

export function compileNodeSelectorTerm(
  term: NodeSelectorTerm,
  field: string,
  errors: FieldErrors,
): NodeTest {
  if (isEmptyTerm(term)) return () => false;
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  checkCount(expressions, `${field}.matchExpressions`, errors);
  checkCount(fields, `${field}.matchFields`, errors);
  const tests = [
    ...expressions.map((requirement, index) =>
      compileRequirement(requirement, `${field}.matchExpressions[${index}]`, errors),
    ),
    ...fields.map((requirement, index) =>
      compileFieldRequirement(requirement, `${field}.matchFields[${index}]`, errors),
    ),
  ];
  return (node) => tests.every((test) => test(node));
}

function compileRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  field: string,
  errors: FieldErrors,
): NodeTest {
  checkCount(values, `${field}.values`, errors);
  const set = new Set(values);
  switch (operator) {
    case 'In':
    case 'NotIn': {
      if (set.size === 0) errors.required(`${field}.values`, 'must be specified for In and NotIn');
      const wanted = operator === 'In';
      return (node) => {
        const value = node.labels.get(key);
        return (value !== undefined && set.has(value)) === wanted;
      };
    }
    case 'Exists':
      return (node) => node.labels.has(key);
    case 'DoesNotExist':
      return (node) => !node.labels.has(key);
    case 'Gt':
    case 'Lt': {
      const bound = values.length === 1 ? parseInteger(values[0]) : undefined;
      if (bound === undefined)
        errors.invalid(`${field}.values`, values, 'must be a single integer for Gt and Lt');
      return (node) => {
        const value = parseInteger(node.labels.get(key));
        if (value === undefined || bound === undefined) return false;
        return operator === 'Gt' ? value > bound : value < bound;
      };
    }
    default:
      errors.notSupported(`${field}.operator`, operator, OPERATORS);
      return () => false;
  }
}

function parseInteger(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}

function compileFieldRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  field: string,
  errors: FieldErrors,
): NodeTest {
  if (key !== 'metadata.name') errors.notSupported(`${field}.key`, key, ['metadata.name']);
  if (!FIELD_OPERATORS.includes(operator))
    errors.notSupported(`${field}.operator`, operator, FIELD_OPERATORS);
  if (values.length !== 1) errors.required(`${field}.values`, 'must have one element');
  const [name] = values;
  return (node) => (node.name === name) === (operator === 'In');
}
