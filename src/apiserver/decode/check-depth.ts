import { badRequest } from '../errors/status-error.ts';

/** No object of the API is nested half as deep; what walks over values may recurse that far. */
const MAX_DEPTH = 200;

/** @throws StatusError BadRequest for a value that is nested too deeply; does not recurse itself */
export function checkDepth(value: unknown): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    demandDepth(depth);
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
}

/** @throws StatusError BadRequest */
export function demandDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw badRequest(`exceeded max depth: nested deeper than ${MAX_DEPTH} levels`);
}
