/** What tests of the kinds ask of a strategy. */
import { formatFieldError } from '../../../model/field-error.ts';
import type { ApiObject } from '../../api-object.ts';
import type { Resource, StrategyContext } from '../../resource.ts';

export const NOW = Date.parse('2026-01-01T12:00:00Z');
export const CONTEXT: StrategyContext = { user: { name: 'somebody', groups: [] }, nowMs: NOW };

/** The object as it is when it has just been created; it need not be valid. */
export function created({ strategy }: Resource, object: ApiObject): ApiObject {
  const copy = structuredClone(object);
  copy.metadata = {
    name: 'x',
    namespace: 'default',
    uid: '11111111-2222-3333-4444-555555555555',
    creationTimestamp: '2026-01-01T11:00:00Z',
    ...copy.metadata,
  };
  const defaulted = strategy.applyDefaults?.(copy) ?? copy;
  strategy.prepareForCreate?.(defaulted, CONTEXT);
  return defaulted;
}

export function createErrors(resource: Resource, object: ApiObject): string[] {
  return texts(resource.strategy.validateCreate(created(resource, object), CONTEXT));
}

/** The complaints about changing `previous`, which is there, to what `change` makes of a copy. */
export function updateErrors(
  resource: Resource,
  previous: ApiObject,
  change: (object: ApiObject) => void,
): string[] {
  const next = structuredClone(previous);
  change(next);
  const { strategy } = resource;
  const defaulted = strategy.applyDefaults?.(next) ?? next;
  strategy.prepareForUpdate?.(defaulted, previous, CONTEXT);
  return texts(strategy.validateUpdate(defaulted, previous, CONTEXT));
}

/** The cells by their column's name. */
export function cells(resource: Resource, object: ApiObject): Record<string, unknown> {
  return Object.fromEntries((resource.columns ?? []).map(({ name, cell }) => [name, cell(object, NOW)]));
}

function texts(errors: ReturnType<Resource['strategy']['validateCreate']>): string[] {
  return errors.map(formatFieldError);
}
